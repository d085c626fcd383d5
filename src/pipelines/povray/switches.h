// POV-Ray's switches (+W640, -A, +KFF10) as the settings that they stand for.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier::pipelines::povray {

// Throws Error::invalid for a switch that isn't known.
std::vector<std::pair<std::string, std::string>> settings_of_switch(std::string_view word);

}  // namespace atelier::pipelines::povray
