// Completion for bash, made from the parser itself, so that it knows every command and option that there is.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace atelier::cli {

std::string bash_completion(const CLI::App& root);

}  // namespace atelier::cli
