// Combination expressions, "A * (B, C)": how task parameters make a parameter space.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atelier::job {

struct Combination {
    enum class Kind { name, product, association };

    Kind kind = Kind::name;
    std::string name;
    std::vector<Combination> parts;
};

// Throws Error::invalid. Whether the names are of parameters is for the caller to see.
Combination parse_combination(std::string_view text);

}  // namespace atelier::job
