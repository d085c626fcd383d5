// The command group `openjd`: a template without a farm. The work is done in openjd_run.cpp.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <sstream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "cli/openjd_run.h"

namespace atelier::cli {

namespace {

void add_template(CLI::App& verb, OpenjdRequest& request) {
    verb.add_option("TEMPLATE", request.file, "An Open Job Description template")->required();
    verb.add_option("-p,--parameter", request.parameters, "NAME=VALUE, or file://FILE with many")
        ->take_all()
        ->expected(1);
    verb.add_option("--environment", request.environments, "A template of an environment around it")
        ->take_all()
        ->expected(1);
}

// What `act` prints, as it is for a person, line by line for a program.
template <class Act>
int told(Output& output, Act act) {
    if (!output.wants_json) return act(output.out());
    std::ostringstream text;
    const int status = act(text);
    const std::string all = text.str();
    json::Array lines;
    for (const std::string_view line : split(trim(all), '\n'))
        lines.emplace_back(line);
    output.json(json::Object{{"exit_status", status}, {"lines", std::move(lines)}});
    return status;
}

void add_check(CLI::App& command, Context& context) {
    CLI::App& verb =
        add_verb(command, "check", "name every problem of a template", "atelier openjd check template.yaml");
    const auto files = std::make_shared<std::vector<std::filesystem::path>>();
    verb.add_option("TEMPLATE", *files, "Templates of jobs or of environments")->required();
    when_chosen(verb, context, [files, &context] {
        return told(context.output, [&](std::ostream& out) {
            int status = ExitStatus::done;
            for (const std::filesystem::path& file : *files)
                status = std::max<int>(status, openjd_check(file, out));
            return status;
        });
    });
}

void add_summary(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "summary", "tell its parameters, steps and tasks",
                              "atelier openjd summary template.yaml -p Frames=100");
    const auto request = std::make_shared<OpenjdRequest>();
    add_template(verb, *request);
    when_chosen(verb, context, [request, &context] {
        return told(context.output, [&](std::ostream& out) { return openjd_summary(*request, out); });
    });
}

void add_here(CLI::App& command, Context& context) {
    CLI::App& verb = add_verb(command, "run", "run it here, one task after the other",
                              "atelier openjd run template.yaml --step Draw -p Frames=3");
    const auto request = std::make_shared<OpenjdRunRequest>();
    add_template(verb, *request);
    verb.add_option("--step", request->step, "This step alone");
    verb.add_option("--path-mapping-rules", request->path_mapping_rules, "file://FILE, or the JSON itself");
    verb.add_flag("--sandbox", request->sandbox.enabled, "Let tasks see only their own files");
    when_chosen(verb, context, [request, &context] {
        const Interrupts interrupts;
        request->interrupted = [&interrupts] { return interrupts.wish() != Wish::go_on; };
        return told(context.output, [&](std::ostream& out) { return openjd_run(*request, out); });
    });
}

}  // namespace

void add_openjd(CLI::App& command, Context& context) {
    add_check(command, context);
    add_summary(command, context);
    add_here(command, context);
}

}  // namespace atelier::cli
