#include "cli/local_farm.h"

#include "base/machine.h"

namespace atelier::cli {

namespace {

constexpr std::chrono::milliseconds short_notice{5'000};
constexpr const char* worker_id = "local";

}  // namespace

LocalFarm::LocalFarm(const farm::Layout& layout, int slots) : farm_({layout, {}, &system_clock()}), link_(farm_) {
    empty_folder(layout.sessions());  // of a program that was killed: whoever owns the data folder owns them
    agent_.emplace(link_, farm_.shared_blobs(),
                   worker::AgentOptions{worker_id, machine_name(), slots > 0 ? slots : usable_cores(),
                                        layout.sessions(), layout.checkpoints()});
}

void LocalFarm::finish() {
    agent_->finish();
    farm_.clear_checkpoints();
}

void LocalFarm::interrupt() { agent_->stop(short_notice); }

}  // namespace atelier::cli
