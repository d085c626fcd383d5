// How a running action is brought to its end: killed at once, or told first and killed when its time is over. The file
// cancel_info.json tells the action how long it has. Belongs to the session's thread.
#pragma once

#include <chrono>
#include <optional>

#include "job/model.h"
#include "process/keeper.h"
#include "session/session_folder.h"

namespace atelier::session {

class Cancelation {
public:
    Cancelation(process::Keeper& keeper, const SessionFolder& folder) : keeper_(keeper), folder_(folder) {}

    // Once more with less time: the file is rewritten and the action is told again. More time is never given.
    void begin(job::CancelationMode mode, std::chrono::milliseconds period);
    void tick();  // kills when the time is over

private:
    void kill();

    process::Keeper& keeper_;
    const SessionFolder& folder_;
    std::optional<std::chrono::steady_clock::time_point> deadline_;
    bool killed_ = false;
};

}  // namespace atelier::session
