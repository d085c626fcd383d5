// Templates of any bytes: they are refused with problems or made into a job, and nothing else happens. The first byte
// chooses the syntax and the kind.
#include <cstdint>
#include <cstdlib>

#include "job/template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace atelier::job;
    if (size == 0) return 0;
    Source source;
    source.syntax = (data[0] & 1) != 0 ? Syntax::json : Syntax::yaml;
    source.text.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        if ((data[0] & 2) != 0) {
            parse_environment_template(source).parameters();
            return 0;
        }
        const JobTemplate job_template = parse_job_template(source);
        Values values;
        values.template_folder = "/templates";
        values.current_folder = "/here";
        for (const ParameterDefinition& parameter : job_template.parameters())
            if (!parameter.default_value) values.given[parameter.name] = "1";
        const Job job = create_job(job_template, {}, values);
        if (job.steps_in_order().size() != job.steps.size()) std::abort();
        for (const Step& step : job.steps) {
            if (step.space.size() == 0) std::abort();
            if (step.space.at(step.space.size() - 1).size() != step.space.parameters().size()) std::abort();
        }
    } catch (const TemplateError& error) {
        if (error.problems().empty()) std::abort();
    }
    return 0;
}
