// A job in a few lines: what `atelier openjd summary` shows and a submission's answer tells.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "job/model.h"

namespace atelier::job {

struct StepSummary {
    std::string name;
    std::uint64_t tasks = 0;
    std::vector<std::string> task_parameters;
    std::vector<std::string> environments;
    std::vector<std::string> dependencies;  // names of steps
    std::vector<std::string>
        requirements;  // "amount.worker.vcpu: 4 to 8", "attr.worker.os.family: one of linux, macos"
};

struct Summary {
    std::string name;
    std::vector<std::pair<std::string, std::string>> parameters;  // name and value
    std::vector<std::string> environments;
    std::vector<StepSummary> steps;
    std::uint64_t tasks = 0;  // of all steps; stays at the greatest number if there are more
};

Summary summarize(const Job& job);

}  // namespace atelier::job
