#include "cli/openjd_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/exit_status.h"
#include "job/document.h"
#include "job/template.h"
#include "process/own_program.h"

namespace atelier::cli {

namespace fs = std::filesystem;
using session::ActionResult;
using session::Outcome;

namespace {

constexpr std::string_view file_scheme = "file://";
constexpr std::chrono::seconds interrupt_notice{10};  // what a task may take to end when a person waits for it

// ---- reading ---------------------------------------------------------------------------------------------

// A path may be written as it is, or as file://…
fs::path as_path(std::string_view text) {
    return fs::path(text.starts_with(file_scheme) ? text.substr(file_scheme.size()) : text);
}

job::Source read_source(const fs::path& file) {
    return {.text = read_file(file), .syntax = job::syntax_of(file.string()), .name = file.string()};
}

job::Node read_document(const std::string& text, job::Syntax syntax, const std::string& name) {
    std::vector<job::Problem> problems;
    std::optional<job::Node> node =
        syntax == job::Syntax::json ? job::parse_json(text, problems) : job::parse_yaml(text, problems);
    if (!node || !problems.empty()) throw job::TemplateError(std::move(problems), name);
    return std::move(*node);
}

// An environment template says so in its first words; everything else is checked as a job template.
bool is_environment_template(const job::Source& source) {
    std::vector<job::Problem> ignored;
    const auto node = source.syntax == job::Syntax::json ? job::parse_json(source.text, ignored)
                                                         : job::parse_yaml(source.text, ignored);
    const job::Node::Entry* version = node ? node->find("specificationVersion") : nullptr;
    return version && version->value.text.starts_with("environment-");
}

std::string text_of(const job::Node& node, const std::string& name) {
    if (node.kind == job::Node::Kind::list || node.kind == job::Node::Kind::map || node.kind == job::Node::Kind::null)
        throw Error(Error::Kind::invalid, "the value of the parameter " + name + " is " +
                                              std::string(to_string(node.kind)) +
                                              ", but a text or a number is expected");
    return node.text;
}

void read_map(const job::Node& node, const std::string& where, std::map<std::string, std::string>& values) {
    if (node.kind != job::Node::Kind::map)
        throw Error(Error::Kind::invalid, where + " is no map of parameters to values");
    for (const job::Node::Entry& entry : node.entries)
        values[entry.key] = text_of(entry.value, entry.key);
}

job::PathMapping read_path_mapping(const std::optional<std::string>& given) {
    if (!given) return {};
    return job::PathMapping::parse(trim(*given).starts_with('{') ? *given : read_file(as_path(*given)));
}

struct Made {
    job::JobTemplate job_template;
    std::vector<job::EnvironmentTemplate> environments;
    std::shared_ptr<const job::Job> job;
};

Made make(const OpenjdRequest& request) {
    Made made{.job_template = job::parse_job_template(read_source(request.file)), .environments = {}, .job = {}};
    for (const fs::path& file : request.environments)
        made.environments.push_back(job::parse_environment_template(read_source(as_path(file.string()))));
    const job::Values values{.given = read_parameters(request.parameters),
                             .template_folder = fs::absolute(request.file).parent_path().lexically_normal(),
                             .current_folder = fs::current_path()};
    made.job = std::make_shared<job::Job>(job::create_job(made.job_template, made.environments, values));
    return made;
}

// ---- running ---------------------------------------------------------------------------------------------

// What the job reads and writes is what its PATH parameters name; beside that a sandbox shows what the person listed.
session::Sandbox sandbox_for(session::Sandbox sandbox, const job::Job& job, const job::PathMapping& mapping) {
    for (const job::Parameter& parameter : job.parameters) {
        if (parameter.type != job::ParameterType::path || parameter.value.empty()) continue;
        const fs::path path = mapping.apply(parameter.value);
        const bool written = parameter.data_flow == job::DataFlow::out || parameter.data_flow == job::DataFlow::inout;
        if (fs::exists(path)) (written ? sandbox.writable : sandbox.readable).push_back(path);
    }
    return sandbox;
}

class Printer : public session::Listener {
public:
    Printer(std::ostream& out, const std::function<bool()>& interrupted) : out_(out), interrupted_(interrupted) {}
    void log(std::string_view line) override { out_ << line << '\n'; }
    void tick() override {
        out_.flush();
        if (interrupted() && session && !std::exchange(told_, true)) session->cancel(interrupt_notice);
    }
    bool interrupted() const { return interrupted_ && interrupted_(); }

    session::Session* session = nullptr;

private:
    std::ostream& out_;
    const std::function<bool()>& interrupted_;
    bool told_ = false;
};

std::vector<std::size_t> wanted_steps(const job::Job& job, const std::optional<std::string>& name) {
    if (!name) return job.steps_in_order();
    std::vector<std::string> known;
    for (std::size_t i = 0; i < job.steps.size(); ++i) {
        if (job.steps[i].name == *name) return {i};
        known.push_back(job.steps[i].name);
    }
    const auto meant = nearest(*name, known);
    throw Error(Error::Kind::not_found, "the job has no step \"" + *name + "\"",
                meant ? "did you mean \"" + *meant + "\"?" : "");
}

// The first thing that went wrong, or a success.
ActionResult run_steps(session::Session& session, const job::Job& job, const std::vector<std::size_t>& steps,
                       std::uint64_t& tasks) {
    for (const std::size_t index : steps) {
        const job::ParameterSpace& space = job.steps[index].space;
        ActionResult result = session.enter(index);
        for (std::uint64_t task = 0; task < space.size() && result.outcome == Outcome::succeeded; ++task, ++tasks)
            result = session.run(index, space.at(task), {});
        if (result.outcome != Outcome::succeeded) return result;
    }
    return {};
}

// ---- telling ---------------------------------------------------------------------------------------------

std::string_view name_of(job::ParameterType type) {
    switch (type) {
        case job::ParameterType::string: return "STRING";
        case job::ParameterType::path: return "PATH";
        case job::ParameterType::integer: return "INT";
        case job::ParameterType::real: return "FLOAT";
    }
    return "";
}

std::string_view name_of(job::TaskParameterType type) {
    switch (type) {
        case job::TaskParameterType::integer: return "INT";
        case job::TaskParameterType::real: return "FLOAT";
        case job::TaskParameterType::string: return "STRING";
        case job::TaskParameterType::path: return "PATH";
        case job::TaskParameterType::chunk: return "CHUNK[INT]";
    }
    return "";
}

std::string number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

void tell_requirements(const job::HostRequirements& requirements, std::ostream& out) {
    for (const job::AmountRequirement& amount : requirements.amounts) {
        out << "    needs " << amount.name;
        if (amount.min) out << " at least " << number(*amount.min);
        if (amount.max) out << " at most " << number(*amount.max);
        out << '\n';
    }
    for (const job::AttributeRequirement& attribute : requirements.attributes) {
        if (!attribute.any_of.empty())
            out << "    needs " << attribute.name << " one of " << join(attribute.any_of, ", ") << '\n';
        if (!attribute.all_of.empty())
            out << "    needs " << attribute.name << " all of " << join(attribute.all_of, ", ") << '\n';
    }
}

void tell_step(const job::Job& job, const job::Step& step, std::ostream& out) {
    out << "  " << step.name << ": " << step.space.size() << (step.space.size() == 1 ? " task\n" : " tasks\n");
    std::vector<std::string> before, parameters, environments;
    for (const std::size_t index : step.dependencies)
        before.push_back(job.steps[index].name);
    for (const auto& [name, type] : step.space.parameters())
        parameters.push_back(name + " (" + std::string(name_of(type)) + ")");
    for (const job::Environment& environment : step.environments)
        environments.push_back(environment.name);
    if (!before.empty()) out << "    after " << join(before, ", ") << '\n';
    if (!parameters.empty()) out << "    over " << join(parameters, ", ") << '\n';
    if (!environments.empty()) out << "    in the environments " << join(environments, ", ") << '\n';
    tell_requirements(step.requirements, out);
}

void tell_parameters(const job::Job& job, std::ostream& out) {
    if (!job.parameters.empty()) out << "Parameters:\n";
    for (const job::Parameter& parameter : job.parameters)
        out << "  " << parameter.name << " (" << name_of(parameter.type) << "): " << printable(parameter.value) << '\n';
}

}  // namespace

std::map<std::string, std::string> read_parameters(const std::vector<std::string>& given) {
    std::map<std::string, std::string> values;
    for (const std::string& text : given) {
        const std::size_t equals = text.find('=');
        if (text.starts_with(file_scheme)) {
            const fs::path file = as_path(text);
            read_map(read_document(read_file(file), job::syntax_of(file.string()), file.string()), file.string(),
                     values);
        } else if (trim(text).starts_with('{')) {
            read_map(read_document(text, job::Syntax::json, "the parameters"), "what was given", values);
        } else if (equals == std::string::npos || equals == 0) {
            throw Error(Error::Kind::invalid, "\"" + text + "\" is not a parameter", "write NAME=VALUE or file://FILE");
        } else {
            values[text.substr(0, equals)] = text.substr(equals + 1);
        }
    }
    return values;
}

int openjd_check(const fs::path& file, std::ostream& out) {
    const job::Source source = read_source(file);
    try {
        if (is_environment_template(source))
            job::parse_environment_template(source);
        else
            job::parse_job_template(source);
    } catch (const job::TemplateError& error) {
        out << job::describe(error.problems(), source.name) << '\n';
        return failed;
    }
    out << file.string() << " is valid\n";
    return done;
}

int openjd_summary(const OpenjdRequest& request, std::ostream& out) {
    const std::shared_ptr<const job::Job> job = make(request).job;
    std::uint64_t tasks = 0;
    for (const job::Step& step : job->steps)
        tasks += step.space.size();
    out << job->name << ": " << job->steps.size() << (job->steps.size() == 1 ? " step, " : " steps, ") << tasks
        << (tasks == 1 ? " task\n" : " tasks\n");
    if (!job->description.empty()) out << job->description << '\n';
    tell_parameters(*job, out);
    if (!job->environments.empty()) out << "Environments:\n";
    for (const job::Environment& environment : job->environments)
        out << "  " << environment.name << '\n';
    out << "Steps:\n";
    for (const job::Step& step : job->steps)
        tell_step(*job, step, out);
    return done;
}

int openjd_run(const OpenjdRunRequest& request, std::ostream& out) {
    const std::shared_ptr<const job::Job> job = make(request).job;
    const std::vector<std::size_t> steps = wanted_steps(*job, request.step);
    session::Options options;
    options.parent = request.sessions.value_or(fs::temp_directory_path());
    options.path_mapping = read_path_mapping(request.path_mapping_rules);
    options.variables = process::environment_for_tasks();
    options.sandbox = sandbox_for(request.sandbox, *job, options.path_mapping);

    const Steady started = system_clock().steady();
    Printer printer(out, request.interrupted);
    std::uint64_t tasks = 0;
    session::Session session(job, options, printer);
    printer.session = &session;
    ActionResult result = run_steps(session, *job, steps, tasks);
    const ActionResult left = session.leave();
    if (result.outcome == Outcome::succeeded) result = left;
    out << job->name << ": " << tasks << (tasks == 1 ? " task" : " tasks") << " in "
        << format_duration(seconds_between(started, system_clock().steady()));
    out << (result.outcome == Outcome::succeeded ? ", succeeded" : ", failed: " + result.reason) << std::endl;
    if (printer.interrupted()) return interrupted;
    return result.outcome == Outcome::succeeded ? done : failed;
}

}  // namespace atelier::cli
