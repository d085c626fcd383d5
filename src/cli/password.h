// Passwords from the person at the keyboard: never an argument, where every process of the machine could read them.
#pragma once

#include <ostream>
#include <string>

namespace atelier::cli {

enum class Ask { once, twice };  // twice for a new one

// From a terminal without showing it, the question goes to `words`; from anything else one line. Throws Error::invalid
// when there is none, when the two differ, or on Ctrl-C.
std::string read_password(int input, const std::string& question, Ask ask, std::ostream& words);

}  // namespace atelier::cli
