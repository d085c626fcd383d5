// What this machine has, in Open Job Description's names.
#pragma once

#include <filesystem>

#include "wire/exchange.h"

namespace atelier::worker {

// `slots`: a worker told to run more tasks at once than it has cores offers as many. `scratch`: the folder of the
// sessions.
wire::Capabilities detect_capabilities(int slots, const std::filesystem::path& scratch);

}  // namespace atelier::worker
