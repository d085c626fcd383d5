// The commands of this craft, for the table of the program.
#pragma once

#include "cli/program.h"

namespace atelier::pipelines::blender {

void add_render(CLI::App& command, cli::Context& context);
void add_blend(CLI::App& command, cli::Context& context);

}  // namespace atelier::pipelines::blender
