#include <CLI/CLI.hpp>

#include "pipelines/sky/desk/commands.h"

namespace atelier::pipelines::sky {

void add_sky(CLI::App& command, cli::Context& context) {
    command.require_subcommand(1);
    add_tile_commands(command, context);
    add_place_commands(command, context);
    add_allsky_commands(command, context);
    add_pipeline_commands(command, context);
    add_review_commands(command, context);
}

void add_toasty(CLI::App& command, cli::Context& context) {
    command.require_subcommand(1);
    add_tile_commands(command, context);
    add_place_commands(command, context);
    add_allsky_commands(command, context);
    add_original_pipeline_commands(command, context);
}

}  // namespace atelier::pipelines::sky
