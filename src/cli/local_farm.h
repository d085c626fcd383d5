// The embedded farm: the farm of this data folder with a worker in this process, for as long as a command needs it.
#pragma once

#include <optional>

#include <memory>

#include "farm/farm.h"
#include "farm/local_link.h"
#include "worker/agent.h"

namespace atelier::cli {

class LocalFarm {
public:
    // slots: 0 for one a core. Throws Error::unavailable when another process owns the data folder.
    LocalFarm(const farm::Layout& layout, int slots);

    farm::Farm& farm() { return farm_; }
    void finish();     // its tasks are finished, its sessions left well
    void interrupt();  // its tasks are stopped with a short notice; they are given out again another time

private:
    farm::Farm farm_;
    farm::LocalLink link_;
    std::optional<worker::Agent> agent_;  // begins once the folder is in order
};

}  // namespace atelier::cli
