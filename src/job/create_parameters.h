// Values for a job's parameters: given ones, else defaults; made absolute where they are paths; checked.
#pragma once

#include <vector>

#include "job/checker.h"

namespace atelier::job {

std::vector<Parameter> take_values(Checker& checker, const std::vector<ParameterPart>& definitions,
                                   const Values& values);

}  // namespace atelier::job
