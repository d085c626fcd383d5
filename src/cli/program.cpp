#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include "base/error.h"
#include "base/text.h"
#include "cli/exit_status.h"

namespace atelier::cli {

namespace {

constexpr const char* version_line = "atelier " ATELIER_VERSION;
constexpr std::size_t help_column = 26;  // where the explanations of options begin

// The first page is ours, grouped and short; the pages of the commands are CLI11's.
class Pages : public CLI::Formatter {
public:
    explicit Pages(const std::vector<Command>& commands) : commands_(commands) { column_width(help_column); }

    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
        return app->get_parent() ? CLI::Formatter::make_help(app, std::move(name), mode) : first_page();
    }

    // What follows an option's name: N for a number, its default; the limits are told by the error.
    std::string make_option_opts(const CLI::Option* option) const override {
        if (option->get_positional() || option->get_items_expected_max() == 0) return "";
        const std::string type = option->get_type_name();
        const std::string given = option->get_default_str();
        return (type.rfind("INT", 0) == 0 ? " N" : " TEXT") + (given.empty() ? "" : " (" + given + ")");
    }

private:
    std::string first_page() const {
        std::size_t width = 0;
        for (const Command& command : commands_)
            width = std::max(width, command.name.size());
        std::string page =
            "Atelier: a visual compute farm. Runs jobs of many tasks on this machine, and\n"
            "loses none of them.\n\nUsage: atelier COMMAND [ARGUMENTS]\n";
        std::string group;
        for (const Command& command : commands_) {
            if (command.group != group) page += "\n" + command.group + "\n";
            group = command.group;
            page += "  " + command.name + std::string(width - command.name.size() + 2, ' ') + command.summary + "\n";
        }
        return page + "\n`atelier COMMAND --help` shows a command's options and an example.\n";
    }

    const std::vector<Command>& commands_;
};

std::string example_text(const std::string& example) { return "Example:\n  " + example; }

// "atelier job show"
std::string path_of(const CLI::App& app) {
    return app.get_parent() ? path_of(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known, const std::string& else_hint) {
    const auto meant = nearest(word, known);
    return meant ? "did you mean '" + *meant + "'?" : else_hint;
}

std::string help_hint(const CLI::App& app) { return "`" + path_of(app) + " --help` shows what there is"; }

// The command that the arguments lead to. Throws for a word where a command should stand and none has that name.
const CLI::App& find_command(const CLI::App& root, const std::vector<std::string>& arguments) {
    const CLI::App* app = &root;
    for (const std::string& word : arguments) {
        const auto verbs = app->get_subcommands([](const CLI::App*) { return true; });
        if (verbs.empty() || word.empty() || word.front() == '-') break;
        const auto found =
            std::find_if(verbs.begin(), verbs.end(), [&](const CLI::App* verb) { return verb->get_name() == word; });
        if (found == verbs.end()) {
            std::vector<std::string> names;
            names.reserve(verbs.size());
            for (const CLI::App* verb : verbs)
                names.push_back(verb->get_name());
            throw Error(Error::Kind::invalid, "there is no command '" + path_of(*app) + " " + printable(word) + "'",
                        did_you_mean(word, names, help_hint(*app)));
        }
        app = *found;
    }
    return *app;
}

Error unexpected(const CLI::App& root, const CLI::App& command) {
    const std::vector<std::string> rest = root.remaining(true);
    const std::string word = rest.empty() ? "" : rest.front();
    if (word.empty() || word.front() != '-')
        return Error(Error::Kind::invalid,
                     "'" + printable(word) + "' is one argument too many for `" + path_of(command) + "`",
                     help_hint(command));
    std::vector<std::string> options;
    for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames())
            options.push_back("--" + name);
    return Error(Error::Kind::invalid, "`" + path_of(command) + "` has no option '" + printable(word) + "'",
                 did_you_mean(word.substr(0, word.find('=')), options, help_hint(command)));
}

// Reads the arguments; nothing when all was said by the parser itself (help, version).
bool parse(CLI::App& root, std::vector<std::string> arguments, Output& output) {
    const CLI::App& command = find_command(root, arguments);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
        root.parse(arguments);
        return true;
    } catch (const CLI::CallForHelp&) {
        output.out() << root.help();
        return false;
    } catch (const CLI::CallForVersion&) {
        output.out() << version_line << '\n';
        return false;
    } catch (const CLI::ExtrasError&) {
        throw unexpected(root, command);
    } catch (const CLI::ParseError& error) {
        throw Error(Error::Kind::invalid, "`" + path_of(command) + "`: " + error.what(), help_hint(command));
    }
}

int report(const Error& error, Output& output) {
    output.err() << describe(error);
    output.json(to_json(error));
    return exit_status_of(error.kind());
}

}  // namespace

void when_chosen(CLI::App& command, Context& context, std::function<int()> act) {
    command.add_flag("--json", context.output.wants_json, "For programs: JSON on stdout");
    command.callback([&command, &context, act = std::move(act)] {
        if (command.get_subcommands().empty()) context.chosen = act;  // else it was one of its verbs
    });
}

CLI::App& add_verb(CLI::App& command, const std::string& name, const std::string& summary, const std::string& example) {
    CLI::App* verb = command.add_subcommand(name, summary);
    verb->footer(example_text(example));
    return *verb;
}

int run_program(const std::vector<Command>& commands, const Crafts& crafts, std::vector<std::string> arguments,
                Output& output) {
    Context context{output, crafts, nullptr, {}};
    CLI::App root("", "atelier");
    root.formatter(std::make_shared<Pages>(commands));
    root.set_version_flag("--version", version_line);
    context.root = &root;
    for (const Command& command : commands)
        command.add(add_verb(root, command.name, command.summary, command.example), context);
    // An error is to be JSON also when it comes before --json was read.
    output.wants_json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    try {
        if (!parse(root, std::move(arguments), output)) return done;
        if (!context.chosen) {
            output.out() << root.help();
            return wrong_use;
        }
        return context.chosen();
    } catch (const Error& error) {
        return report(error, output);
    } catch (const std::exception& error) {
        return report(Error(Error::Kind::internal, error.what(), "this is a defect of Atelier"), output);
    }
}

}  // namespace atelier::cli
