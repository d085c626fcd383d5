#include "session/cancelation.h"

#include <boost/json/object.hpp>

#include "base/json.h"
#include "base/time.h"

namespace atelier::session {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

void Cancelation::begin(job::CancelationMode mode, milliseconds period) {
    if (mode == job::CancelationMode::terminate || period <= milliseconds::zero()) return kill();
    const auto deadline = steady_clock::now() + period;
    if (deadline_ && deadline >= *deadline_) return;
    deadline_ = deadline;
    const Micros end = system_clock().wall() + microseconds(period).count();
    folder_.write("cancel_info.json", json::text(json::Object{{"NotifyEnd", format_utc(end)}}) + "\n");
    keeper_.terminate();
}

void Cancelation::tick() {
    if (deadline_ && steady_clock::now() >= *deadline_) kill();
}

void Cancelation::kill() {
    if (!std::exchange(killed_, true)) keeper_.kill();
}

}  // namespace atelier::session
