// `atelier store ...`: what is stored is checked, cleaned up and measured.
#pragma once

#include "cli/output.h"

namespace atelier::cli {

int check_store(Output& output);
int collect_garbage(bool dry_run, Output& output);
int show_usage(Output& output);

}  // namespace atelier::cli
