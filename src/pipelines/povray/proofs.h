// What this craft proves for `atelier doctor --deep`: a tiny picture.
#pragma once

#include <vector>

#include "cli/proof.h"

namespace atelier::pipelines::povray {

const std::vector<cli::Proof>& proofs();

}  // namespace atelier::pipelines::povray
