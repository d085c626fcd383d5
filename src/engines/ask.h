// Asks a program something: runs it for a short while and returns what it said. For versions and abilities, not for
// work.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace atelier::engines {

struct Answer {
    int code = -1;
    bool late = false;  // it was ended because it took too long
    std::string text;   // stdout and stderr, at most answer_limit bytes
};

constexpr std::size_t answer_limit = 65'536;

// In this process's environment and folder. Throws Error::not_found or denied when the program can't be started.
Answer ask(const std::vector<std::string>& argv, std::chrono::milliseconds patience);

}  // namespace atelier::engines
