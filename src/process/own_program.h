// Where this program lies: the tools that tasks run lie beside it, and tasks find them by PATH.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace atelier::process {

std::filesystem::path own_folder();

// This process's environment for what it runs: own_folder() stands first in PATH, and nothing tells of the folder that
// this process is in.
std::map<std::string, std::string> environment_for_tasks();

}  // namespace atelier::process
