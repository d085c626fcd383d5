// The command `atelier pov`.
#pragma once

#include "cli/program.h"

namespace atelier::pipelines::povray {

void add_pov(CLI::App& command, cli::Context& context);

}  // namespace atelier::pipelines::povray
