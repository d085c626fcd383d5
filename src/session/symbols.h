// The values of the names in a job's format strings, as they are on this host: paths are mapped, but the Raw ones.
#pragma once

#include <filesystem>

#include "job/format_string.h"
#include "job/model.h"
#include "job/path_mapping.h"

namespace atelier::session {

// Param.*, RawParam.* and Session.*
job::Symbols session_symbols(const job::Job& job, const job::PathMapping& mapping, const std::filesystem::path& folder,
                             const std::filesystem::path& rules_file);

// Task.Param.* and Task.RawParam.*
void add_task_symbols(job::Symbols& symbols, const job::TaskParameters& parameters, const job::PathMapping& mapping);

}  // namespace atelier::session
