// From a space's definition to the space itself.
#pragma once

#include <optional>

#include "job/checker.h"
#include "job/range_expr.h"

namespace atelier::job {

std::optional<RangeExpr> as_range(Checker& checker, const Pending& pending, const Symbols& symbols);

// With the values of the job's parameters; tells every problem, and gives nothing after one.
std::optional<ParameterSpace> build_space(Checker& checker, const SpacePart& part, const Symbols& symbols);

}  // namespace atelier::job
