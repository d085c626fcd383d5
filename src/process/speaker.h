// How a task speaks to the farm: by lines of its output, each out when it is said. And the edge of a task's program:
// whatever is thrown becomes an `openjd_fail` and an exit status. Thread-safe.
#pragma once

#include <exception>
#include <mutex>
#include <ostream>
#include <string_view>

#include "base/error.h"

namespace atelier::process {

class Speaker {
public:
    explicit Speaker(std::ostream& out) : out_(out) {}

    void progress(double percent);  // told in whole percents, never back
    void status(std::string_view text) { say("openjd_status: ", text); }
    void fail(std::string_view text) { say("openjd_fail: ", text); }
    void fail(const Error& error);  // with its place and its hint
    void metric(std::string_view name, double value);
    void preview(std::string_view path) { say("atelier_preview: ", path); }
    void log(std::string_view text) { say("", text); }

private:
    void say(std::string_view head, std::string_view text);

    std::ostream& out_;
    std::mutex mutex_;
    int told_ = -1;
};

// action(speaker) returns the exit status; nothing is thrown.
template <class Action>
int as_task(std::ostream& out, const Action& action) {
    Speaker speaker(out);
    try {
        return action(speaker);
    } catch (const Error& error) {
        speaker.fail(error);
    } catch (const std::exception& error) {
        speaker.fail(error.what());
    }
    return 1;
}

}  // namespace atelier::process
