// What the program says of itself, to stderr: for the person who runs it, never for programs. Task output doesn't come
// here. Formatting is done by the caller (fmt::format), so that spdlog stays in one source.
#pragma once

#include <string_view>

namespace atelier::log {

enum class Level { debug, info, warning, error, off };

void set_level(Level level);
void debug(std::string_view text);
void info(std::string_view text);
void warning(std::string_view text);
void error(std::string_view text);

}  // namespace atelier::log
