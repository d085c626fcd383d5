// What a farm is opened with, and the figures that it tells of itself.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "farm/layout.h"
#include "farm/queue_options.h"

namespace atelier::farm {

struct FarmOptions {
    Layout layout;
    QueueOptions queue;
    const Clock* clock = &system_clock();
    std::string database = {};    // a URL; empty: the one of the data folder
    std::string server_url = {};  // where other servers of this database reach this one

    std::string database_url() const { return database.empty() ? layout.database().string() : database; }
};

// For those who watch the farm.
struct Figures {
    std::uint64_t ready = 0;
    std::uint64_t leased = 0;
    std::uint64_t workers = 0;
    std::uint64_t leases = 0;     // since the start
    std::uint64_t exchanges = 0;  // since the start
};

}  // namespace atelier::farm
