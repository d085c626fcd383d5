// `atelier sky check-avm`: what an image says of its place on the sky, what is wrong with it, and what that means.
#pragma once

#include <filesystem>

#include "cli/output.h"

namespace atelier::pipelines::sky {

struct CheckAvmRequest {
    std::filesystem::path path;
    bool print = false;       // all tags
    bool exitcode = false;    // 1 also for an image without a position
    bool compatible = false;  // the original's lines alone
};

int check_avm_command(const CheckAvmRequest& request, cli::Output& output);

}  // namespace atelier::pipelines::sky
