// The command group `completion`.
#include "cli/completion.h"

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/exit_status.h"

namespace atelier::cli {

namespace {

// The script finds out to which command the words before the cursor lead, and offers what follows it there: its verbs,
// its options behind a dash, files elsewhere.
constexpr const char* script_head =
    R"(# bash completion for atelier; `source <(atelier completion bash)` in ~/.bashrc enables it.
_atelier() {
    local current=${COMP_WORDS[COMP_CWORD]} path= word verbs options index
    COMPREPLY=()
    _atelier_words ""
    for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        case " $verbs " in *" $word "*) path+=" $word"; _atelier_words "$path" ;; esac
    done
    case $current in
        -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
        *) [ -z "$verbs" ] || COMPREPLY=($(compgen -W "$verbs" -- "$current")) ;;
    esac
}

_atelier_words() {
    case $1 in
)";

constexpr const char* script_tail = R"(    esac
}

complete -o default -o bashdefault -F _atelier atelier
)";

void add_case(const CLI::App& app, const std::string& path, std::string& script) {
    const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
    std::string names, options;
    for (const CLI::App* verb : verbs)
        names += (names.empty() ? "" : " ") + verb->get_name();
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
            options += (options.empty() ? "--" : " --") + name;
    script += "        \"" + path + "\") verbs=\"" + names + "\" options=\"" + options + "\" ;;\n";
    for (const CLI::App* verb : verbs)
        add_case(*verb, path + " " + verb->get_name(), script);
}

}  // namespace

std::string bash_completion(const CLI::App& root) {
    std::string script = script_head;
    add_case(root, "", script);
    return script + script_tail;
}

void add_completion(CLI::App& command, Context& context) {
    CLI::App& bash = add_verb(command, "bash", "print the script for bash", "source <(atelier completion bash)");
    bash.callback([&context] {
        context.chosen = [&context] {
            context.output.out() << bash_completion(*context.root);
            return done;
        };
    });
}

}  // namespace atelier::cli
