// The commands of this craft, for the table of the program: `atelier sky ...`, and `atelier toasty ...` for those who
// have the original's lines in their habits and their cron tables.
#pragma once

#include "cli/program.h"

namespace atelier::pipelines::sky {

void add_sky(CLI::App& command, cli::Context& context);
void add_toasty(CLI::App& command, cli::Context& context);

// The groups that both are made of.
void add_tile_commands(CLI::App& command, cli::Context& context);      // tile-study, cascade, make-thumbnail
void add_place_commands(CLI::App& command, cli::Context& context);     // check-avm, tile-wwtl
void add_allsky_commands(CLI::App& command, cli::Context& context);    // tile-allsky, tile-healpix, tile-fits, hips
void add_pipeline_commands(CLI::App& command, cli::Context& context);  // fetch ... reindex, init ... ignore-rejects
void add_original_pipeline_commands(CLI::App& command, cli::Context& context);  // pipeline-fetch-inputs, ...
void add_review_commands(CLI::App& command, cli::Context& context);             // review

}  // namespace atelier::pipelines::sky
