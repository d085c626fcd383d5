// The command group `openjd`.
#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace atelier::cli {

void add_openjd(CLI::App&, Context&) {}

}  // namespace atelier::cli
