// Templates and values become a job: what is resolved at creation is resolved here, and checked once more as text.
#include <fmt/format.h>

#include <algorithm>

#include "job/capabilities.h"
#include "job/create_parameters.h"
#include "job/definitions.h"
#include "job/space_builder.h"
#include "job/template.h"
#include "job/values.h"

namespace atelier::job {

namespace {

class Creator {
public:
    Creator(Checker& checker, const std::vector<Parameter>& parameters) : checker_(checker) {
        for (const Parameter& parameter : parameters) {
            symbols_["RawParam." + parameter.name] = parameter.value;
            if (parameter.type != ParameterType::path) symbols_["Param." + parameter.name] = parameter.value;
        }
    }

    std::string name(const Pending& name) const {
        return as_job_name(checker_, name.origin, resolve(name)).value_or("");
    }

    Environment environment(const EnvironmentPart& part) const {
        Environment environment;
        environment.name = part.name;
        environment.description = part.description;
        if (part.on_enter) environment.on_enter = action(*part.on_enter);
        if (part.on_exit) environment.on_exit = action(*part.on_exit);
        environment.files = part.files;
        environment.variables = part.variables;
        return environment;
    }

    Step step(const StepPart& part) const {
        Step step;
        step.name = part.name;
        step.description = part.description;
        step.dependencies = part.dependencies;
        for (const EnvironmentPart& inner : part.environments)
            step.environments.push_back(environment(inner));
        step.requirements = requirements(part.requirements);
        if (part.space) take_space(*part.space, step);
        step.on_run = action(part.on_run);
        step.files = part.files;
        return step;
    }

private:
    std::string resolve(const Pending& pending) const { return pending.text.resolve(symbols_); }

    Action action(const ActionPart& part) const {
        Action action;
        action.command = part.command;
        action.args = part.args;
        if (part.timeout) action.timeout_seconds = as_seconds(checker_, part.timeout->origin, resolve(*part.timeout));
        if (part.cancelation_mode)
            action.cancelation.mode =
                as_cancelation_mode(checker_, part.cancelation_mode->origin, resolve(*part.cancelation_mode))
                    .value_or(CancelationMode::terminate);
        if (part.notify_period && action.cancelation.mode == CancelationMode::notify_then_terminate)
            action.cancelation.notify_period_seconds =
                as_notify_period(checker_, part.notify_period->origin, resolve(*part.notify_period));
        return action;
    }

    AmountRequirement amount(const AmountPart& part) const {
        AmountRequirement amount;
        amount.name = part.name;
        if (part.min) amount.min = as_amount(checker_, part.min->origin, resolve(*part.min), true);
        if (part.max) amount.max = as_amount(checker_, part.max->origin, resolve(*part.max), false);
        if (!part.min && default_amount(part.name) > 0) amount.min = default_amount(part.name);
        if (amount.min && amount.max && *amount.min > *amount.max)
            checker_.problem(part.origin, fmt::format("min {} is greater than max {}", *amount.min, *amount.max));
        return amount;
    }

    std::vector<std::string> attribute_values(const std::string& name, const std::vector<Pending>& parts) const {
        std::vector<std::string> values;
        for (const Pending& part : parts)
            if (auto value = as_attribute_value(checker_, part.origin, name, resolve(part)))
                values.push_back(std::move(*value));
        return values;
    }

    HostRequirements requirements(const HostRequirementsPart& part) const {
        HostRequirements requirements;
        for (const AmountPart& wanted : part.amounts)
            requirements.amounts.push_back(amount(wanted));
        for (const AttributePart& wanted : part.attributes)
            requirements.attributes.push_back({wanted.name, attribute_values(wanted.name, wanted.any_of),
                                               attribute_values(wanted.name, wanted.all_of)});
        return requirements;
    }

    void take_space(const SpacePart& part, Step& step) const {
        if (auto space = build_space(checker_, part, symbols_)) step.space = std::move(*space);
        for (const TaskParameterPart& parameter : part.parameters) {
            if (!parameter.chunks || !parameter.chunks->target_runtime_seconds) continue;
            const Pending& target = *parameter.chunks->target_runtime_seconds;
            const auto seconds = as_integer(checker_, target.origin, resolve(target), 0);
            if (seconds && *seconds > 0) step.target_chunk_seconds = static_cast<double>(*seconds);
        }
    }

    Checker& checker_;
    Symbols symbols_;
};

}  // namespace

Job create_job(const JobTemplate& job_template, const std::vector<EnvironmentTemplate>& environments,
               const Values& values) {
    const JobTemplate::Parts& parts = job_template.parts();
    std::vector<Problem> problems;
    Checker checker(problems, parts.rules);
    const auto throw_if_any = [&] {
        if (!problems.empty()) throw TemplateError(problems, parts.file);
    };
    const std::vector<ParameterPart> definitions = merge_parameters(checker, job_template, environments);
    throw_if_any();  // values can't be judged by definitions that contradict each other
    Job job;
    job.parameters = take_values(checker, definitions, values);
    throw_if_any();  // and nothing can be resolved without all of the values
    const Creator creator(checker, job.parameters);
    job.name = creator.name(parts.name);
    job.description = parts.description;
    job.extensions = parts.extensions;
    for (const EnvironmentTemplate& environment : environments) {
        job.environments.push_back(creator.environment(environment.parts().environment));
        for (const std::string& extension : environment.parts().extensions)
            if (std::find(job.extensions.begin(), job.extensions.end(), extension) == job.extensions.end())
                job.extensions.push_back(extension);
    }
    for (const EnvironmentPart& environment : parts.environments)
        job.environments.push_back(creator.environment(environment));
    for (const StepPart& step : parts.steps)
        job.steps.push_back(creator.step(step));
    throw_if_any();
    return job;
}

std::vector<ParameterDefinition> merged_parameters(const JobTemplate& job_template,
                                                   const std::vector<EnvironmentTemplate>& environments) {
    std::vector<Problem> problems;
    Checker checker(problems, job_template.parts().rules);
    const std::vector<ParameterPart> merged = merge_parameters(checker, job_template, environments);
    if (!problems.empty()) throw TemplateError(problems, job_template.parts().file);
    return definitions_of(merged);
}

}  // namespace atelier::job
