#include "simulate/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atelier::simulate {

namespace {

constexpr std::uint64_t most_tasks = 1'000'000'000;
constexpr std::uint64_t least_turns = 200;  // a limit doesn't make a job longer than that many of its tasks

std::string step_text(const std::string& name, std::uint64_t tasks, const std::string& after,
                      const std::string& needs) {
    std::string text = "- name: " + name + "\n";
    if (!after.empty()) text += "  dependencies: [{dependsOn: " + after + "}]\n";
    if (!needs.empty()) text += "  hostRequirements: {amounts: [" + needs + "]}\n";
    return text + fmt::format(
                      "  parameterSpace:\n    taskParameterDefinitions:\n"
                      "    - {{name: N, type: INT, range: \"1-{}\"}}\n"
                      "  script: {{actions: {{onRun: {{command: \"true\"}}}}}}\n",
                      tasks);
}

wire::Submission submission_of(const std::string& steps) {
    wire::Submission made;
    made.job_template = {"specificationVersion: jobtemplate-2023-09\nname: Simulated\nsteps:\n" + steps, "yaml",
                         "simulated.yaml"};
    made.template_folder = "/";
    made.current_folder = "/";
    return made;
}

std::string some_needs(Chance& chance) {
    if (chance.one_in(10)) return "{name: amount.worker.vcpu, min: 4}";
    if (chance.one_in(10)) return "{name: amount.worker.gpu, min: 1}";
    if (chance.one_in(5)) return "{name: amount.worker.memory, min: 6000}";
    return "";
}

std::uint64_t mixed(std::uint64_t value) {
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdULL;
    return value ^ (value >> 33);
}

}  // namespace

wire::Submission mixed_job(const Options& options, int number, Chance& chance) {
    const auto jobs = static_cast<std::uint64_t>(options.jobs);
    const std::uint64_t rest = options.tasks % jobs;
    const std::uint64_t tasks =
        std::max<std::uint64_t>(3, options.tasks / jobs + (static_cast<std::uint64_t>(number) < rest ? 1 : 0));
    const std::uint64_t first = std::max<std::uint64_t>(1, tasks / 4);
    wire::Submission made =
        number % 3 == 0
            ? submission_of(step_text("Work", tasks - 1, "", some_needs(chance)) + step_text("Gather", 1, "Work", ""))
            : submission_of(step_text("Prepare", first, "", "") +
                            step_text("Work", tasks - first - 1, "Prepare", some_needs(chance)) +
                            step_text("Gather", 1, "Work", some_needs(chance)));
    made.settings.priority = 40 + static_cast<int>(chance.below(21));
    made.settings.max_failed_tasks = 1'000'000;
    made.settings.max_tries = 5;
    if (chance.one_in(5)) made.settings.max_concurrency = static_cast<int>(1 + chance.below(20) + tasks / least_turns);
    return made;
}

wire::Submission plain_job(std::uint64_t tasks) { return submission_of(step_text("Work", tasks, "", "")); }

wire::Submission endless_job() { return plain_job(most_tasks); }

double seconds_of(const std::string& job, const wire::AttemptId& attempt) {
    constexpr std::array means = {0.2, 2.0, 8.0, 25.0};
    const std::uint64_t kind = mixed(std::hash<std::string>()(job) + attempt.step);
    const std::uint64_t part = mixed(attempt.task * 31 + kind) % 1000;
    return means[kind % means.size()] * (0.5 + static_cast<double>(part) / 1000);
}

double seconds_around(double mean, const wire::AttemptId& attempt) {
    const std::uint64_t part = mixed(attempt.task * 31 + attempt.step) % 1000;
    return mean * (0.5 + static_cast<double>(part) / 1000);
}

wire::ResultClass outcome_of(const std::string& worker, const wire::AttemptId& attempt, Chance& chance) {
    constexpr std::array others = {wire::ResultClass::interrupted, wire::ResultClass::failed_app,
                                   wire::ResultClass::failed_resource, wire::ResultClass::failed_licence,
                                   wire::ResultClass::timeout};
    const bool bad_worker = mixed(std::hash<std::string>()(worker)) % 50 == 0;
    if (bad_worker && attempt.task % 3 != 0) return wire::ResultClass::failed_app;
    const bool doomed = mixed(std::hash<std::string>()(attempt.job)) % 20 == 0 && mixed(attempt.task) % 500 == 0;
    if (doomed) return wire::ResultClass::failed_app;
    return chance.one_in(50) ? others[chance.below(others.size())] : wire::ResultClass::succeeded;
}

wire::Capabilities machine(int number, int slots) {
    wire::Capabilities made;
    made.amounts = {{"amount.worker.vcpu", std::max(4, slots)},
                    {"amount.worker.memory", 8192.0 * std::max(1, slots / 2)}};
    if (number % 5 == 0) made.amounts["amount.worker.gpu"] = 1;
    made.attributes = {{"attr.worker.os.family", {"linux"}}};
    return made;
}

}  // namespace atelier::simulate
