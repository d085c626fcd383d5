// What this machine has, in Open Job Description's names.
#pragma once

#include <filesystem>
#include <vector>

#include "wire/exchange.h"

namespace atelier::worker {

// `slots`: a worker told to run more tasks at once than it has cores offers as many. `scratch`: the folder of the
// sessions.
wire::Capabilities detect_capabilities(int slots, const std::filesystem::path& scratch);

// Graphics cards that can be told apart by their UUID, and that CUDA_VISIBLE_DEVICES doesn't hide from this worker.
std::vector<wire::Gpu> detect_gpus();

}  // namespace atelier::worker
