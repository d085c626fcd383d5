// Parameter values from a command line: NAME=VALUE, or file://FILE with a JSON or YAML map of them.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace atelier::cli {

// Later ones win. Throws Error::invalid.
std::map<std::string, std::string> read_parameters(const std::vector<std::string>& arguments);

}  // namespace atelier::cli
