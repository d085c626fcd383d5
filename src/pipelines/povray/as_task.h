// The edge of a tool: whatever is thrown becomes an `openjd_fail` and an exit status.
#pragma once

#include <csignal>
#include <exception>
#include <ostream>
#include <string>

#include "base/error.h"
#include "pipelines/povray/speaker.h"

namespace atelier::pipelines::povray {

template <class Action>
int as_task(std::ostream& out, const Action& action) {
    // A request to stop goes to POV-Ray as well, which then leaves the state of its picture; the tool waits for it.
    std::signal(SIGTERM, [](int) {});
    Speaker speaker(out);
    try {
        return action(speaker);
    } catch (const Error& error) {
        speaker.fail((error.where().empty() ? "" : error.where() + ": ") + error.what() +
                     (error.hint().empty() ? "" : " (" + error.hint() + ")"));
    } catch (const std::exception& error) {
        speaker.fail(error.what());
    }
    return 1;
}

}  // namespace atelier::pipelines::povray
