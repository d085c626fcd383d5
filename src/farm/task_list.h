// The tasks of a step, one by one, as the database knows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "db/db.h"
#include "farm/states.h"

namespace atelier::farm {

struct TaskRecord {
    std::uint64_t task = 0;
    TaskState state = TaskState::waiting;
    int tries = 0;
    std::string worker;  // that has it now; else empty
};

// Those from `first` on, `count` of them at most. A task that nobody has begun may have no record.
std::vector<TaskRecord> tasks_from(db::Connection& connection, const std::string& job, std::uint32_t step,
                                   std::uint64_t first, std::uint64_t count);

}  // namespace atelier::farm
