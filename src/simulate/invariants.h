// What must hold at any moment, whatever goes wrong: read from the board and from the database by ways of its own, not
// by the queue's sums. Each answer is a sentence for what is broken.
#pragma once

#include <string>
#include <vector>

#include "farm/queue.h"

namespace atelier::simulate {

using Broken = std::vector<std::string>;

// The board by itself: sums of what is reserved and held, limits.
Broken check_board(const farm::Queue& queue, int most_sessions_of_an_owner);
// The database against the board: one live lease a task, and it is the one that the board has; counters are sums.
Broken check_database(const farm::Queue& queue, db::Connection& connection);
// When every job has ended and every worker is idle: nothing is held or reserved, each task ended once.
Broken check_rest(const farm::Queue& queue, db::Connection& connection);

}  // namespace atelier::simulate
