// Why something waits, in one sentence on present figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "farm/queue.h"

namespace atelier::farm {

// step: its name or number, empty for the whole job. Throws Error::not_found for what isn't there.
std::string why_it_waits(const Queue& queue, db::Connection& connection, const std::string& job,
                         const std::string& step, std::optional<std::uint64_t> task);

}  // namespace atelier::farm
