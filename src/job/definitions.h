// The parameters of several templates become those of one job.
#pragma once

#include <vector>

#include "job/checker.h"

namespace atelier::job {

// Environment templates in their order, the job's template last. Constraints may only get narrower.
std::vector<ParameterPart> merge_parameters(Checker& checker, const JobTemplate& job_template,
                                            const std::vector<EnvironmentTemplate>& environments);

std::vector<ParameterDefinition> definitions_of(const std::vector<ParameterPart>& parameters);

}  // namespace atelier::job
