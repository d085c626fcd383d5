// The command group `store`.
#include "cli/store.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"

namespace atelier::cli {

void add_store(CLI::App& command, Context& context) {
    CLI::App& check = add_verb(command, "check", "read every blob again and compare its hash", "atelier store check");
    when_chosen(check, context, [&context] { return check_store(context.output); });

    CLI::App& gc = add_verb(command, "gc", "remove what no job holds any more", "atelier store gc --dry-run");
    const auto dry_run = std::make_shared<bool>(false);
    gc.add_flag("--dry-run", *dry_run, "Only say what would go");
    when_chosen(gc, context, [dry_run, &context] { return collect_garbage(*dry_run, context.output); });

    CLI::App& usage = add_verb(command, "usage", "tell how much is stored, and by what", "atelier store usage");
    when_chosen(usage, context, [&context] { return show_usage(context.output); });
}

}  // namespace atelier::cli
