// What a task does that runs a work unit: lays the workspace, runs the command, collects ./output.
#pragma once

#include <filesystem>
#include <iosfwd>

namespace atelier::pipelines::povray {

struct UnitTask {
    std::filesystem::path units;  // a file, a line a unit
    std::size_t number = 0;
    std::filesystem::path shared;  // folder of the job's shared resources
    std::filesystem::path to;      // the job's outputs
};

int run_unit(const UnitTask& task, std::ostream& out);

}  // namespace atelier::pipelines::povray
