// The programs by others that tasks run: where they are, which version, and what to install when they are missing. One
// table; a new engine is one line in it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::engines {

struct Engine {
    std::string name;
    std::string program;                         // looked up in PATH
    std::vector<std::string> version_arguments;  // empty: it can't be asked quickly
    std::string version_pattern;                 // regular expression; its first group is the version
    std::string install;                         // what to type to have it
    std::string use;
};

struct Found {
    std::filesystem::path path;
    std::string version;  // empty when it didn't say
    std::string problem;  // why it didn't
};

const std::vector<Engine>& known_engines();

// The first executable file of that name in the folders of `path` (as the variable PATH has them), empty when there is
// none.
std::filesystem::path find_program(const std::string& name, std::string_view path);

// Finds an engine and asks for its version; nothing when it isn't there. Waits for an answer for a few seconds at most.
std::optional<Found> find_engine(const Engine& engine, std::string_view path);

// All of the engines at once, in the table's order.
std::vector<std::optional<Found>> find_engines(const std::vector<Engine>& engines, std::string_view path);

}  // namespace atelier::engines
