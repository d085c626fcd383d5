#include "job/summary.h"

#include <fmt/format.h>

#include <limits>

#include "base/text.h"

namespace atelier::job {

namespace {

std::string describe_amount(const AmountRequirement& amount) {
    if (amount.min && amount.max) return fmt::format("{}: {} to {}", amount.name, *amount.min, *amount.max);
    if (amount.min) return fmt::format("{}: at least {}", amount.name, *amount.min);
    return fmt::format("{}: at most {}", amount.name, amount.max.value_or(0));
}

std::string describe_attribute(const AttributeRequirement& attribute) {
    std::vector<std::string> parts;
    if (!attribute.any_of.empty()) parts.push_back("one of " + join(attribute.any_of, ", "));
    if (!attribute.all_of.empty()) parts.push_back("all of " + join(attribute.all_of, ", "));
    return attribute.name + ": " + join(parts, "; ");
}

std::vector<std::string> names_of(const std::vector<Environment>& environments) {
    std::vector<std::string> names;
    names.reserve(environments.size());
    for (const Environment& environment : environments)
        names.push_back(environment.name);
    return names;
}

StepSummary summarize_step(const Job& job, const Step& step) {
    StepSummary summary;
    summary.name = step.name;
    summary.tasks = step.space.size();
    for (const auto& [name, type] : step.space.parameters())
        summary.task_parameters.push_back(name);
    summary.environments = names_of(step.environments);
    for (const std::size_t dependency : step.dependencies)
        summary.dependencies.push_back(job.steps[dependency].name);
    for (const AmountRequirement& amount : step.requirements.amounts)
        summary.requirements.push_back(describe_amount(amount));
    for (const AttributeRequirement& attribute : step.requirements.attributes)
        summary.requirements.push_back(describe_attribute(attribute));
    return summary;
}

}  // namespace

Summary summarize(const Job& job) {
    Summary summary;
    summary.name = job.name;
    for (const Parameter& parameter : job.parameters)
        summary.parameters.emplace_back(parameter.name, parameter.value);
    summary.environments = names_of(job.environments);
    for (const Step& step : job.steps) {
        summary.steps.push_back(summarize_step(job, step));
        if (__builtin_add_overflow(summary.tasks, step.space.size(), &summary.tasks))
            summary.tasks = std::numeric_limits<std::uint64_t>::max();
    }
    return summary;
}

}  // namespace atelier::job
