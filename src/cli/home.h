// Where the data of this person's farm lies: $ATELIER_HOME, else atelier in the XDG data folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace atelier::cli {

// Gives a variable of the environment, empty when it isn't set.
using Environment = std::function<std::string(const char* name)>;

std::string process_environment(const char* name);

// Absolute; it need not exist yet. Throws Error::invalid when nothing says where it is.
std::filesystem::path home_folder(const Environment& environment = process_environment);

}  // namespace atelier::cli
