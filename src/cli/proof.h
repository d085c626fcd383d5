// What a craft does to prove that it works here, for `atelier doctor --deep`. The crafts bring theirs by the program's
// table; the command line knows none of them.
#pragma once

#include <filesystem>
#include <string>

namespace atelier::cli {

struct Proof {
    std::string name;  // "Cycles"
    // Does the smallest piece of its work in an empty folder. Throws Error that says what is missing and how to have
    // it.
    void (*show)(const std::filesystem::path& folder);
};

}  // namespace atelier::cli
