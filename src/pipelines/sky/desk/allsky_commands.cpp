#include "pipelines/sky/desk/commands.h"

namespace atelier::pipelines::sky {

void add_allsky_commands(CLI::App&, cli::Context&) {}

}  // namespace atelier::pipelines::sky
