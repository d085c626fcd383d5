#include "farm/task_list.h"

namespace atelier::farm {

std::vector<TaskRecord> tasks_from(db::Connection& connection, const std::string& job, std::uint32_t step,
                                   std::uint64_t first, std::uint64_t count) {
    std::vector<TaskRecord> tasks;
    connection.each<std::uint64_t, TaskState, int, std::optional<std::string>>(
        "SELECT task, state, tries, worker FROM tasks WHERE job = (SELECT key FROM jobs WHERE id = $1) AND step = $2 "
        "AND task >= $3 AND task < $4 ORDER BY task",
        [&](std::uint64_t task, TaskState state, int tries, const std::optional<std::string>& worker) {
            tasks.push_back({task, state, tries, worker.value_or("")});
        },
        job, step, first, first + count);
    return tasks;
}

}  // namespace atelier::farm
