// For how long nobody has sat at this machine: as logind knows it, else by when terminals and input devices were read
// last.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace atelier::worker {

struct Idleness {
    double seconds = 0;  // of the one who did something last
    std::string source;  // "logind", or the device
};

// Nothing when there is nothing to tell it by: a machine without a seat, where nobody can be disturbed. `root` is "/"
// but for tests.
std::optional<Idleness> idleness(Micros now, std::string_view path, const std::filesystem::path& root = "/");

// What `loginctl show-session` printed of several sessions, separated by empty lines: of people, not of greeters,
// system services, and what is being closed. Nothing when there is none.
std::optional<double> idle_by_logind(std::string_view text, Micros now);

}  // namespace atelier::worker
