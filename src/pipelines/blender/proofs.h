// What this craft proves for `atelier doctor --deep`: a tiny frame by each of Blender's engines, and a film.
#pragma once

#include <vector>

#include "cli/proof.h"

namespace atelier::pipelines::blender {

const std::vector<cli::Proof>& proofs();

}  // namespace atelier::pipelines::blender
