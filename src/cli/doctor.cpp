#include "cli/commands.h"
namespace atelier::cli {
void add_doctor(CLI::App&, Context&) {}
void add_openjd(CLI::App&, Context&) {}
}  // namespace atelier::cli
