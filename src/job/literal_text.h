// Text that stands in a template as it is. Two braces would begin or end a reference there, and the specification knows
// no way to write them; so they come from parameters that the template defines for that purpose.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace atelier::job {

class LiteralText {
public:
    // What stands beside it must not begin or end with a brace.
    std::string operator()(std::string_view text);

    // Adds the parameters that were needed; none when no text had braces side by side.
    void define(json::Array& parameter_definitions) const;

private:
    bool needs_braces_ = false;
};

}  // namespace atelier::job
