// Two numbers with an x between, as people write sizes and grids.
#pragma once

#include <string_view>
#include <utility>

namespace atelier {

// "1920x1080"; both at least 1. Throws Error::invalid that names the option.
std::pair<int, int> parse_pair(std::string_view text, std::string_view option);

}  // namespace atelier
