// The lines by which a task speaks to the farm. Thread-safe; each is out when it is said.
#pragma once

#include <mutex>
#include <ostream>
#include <string_view>

namespace atelier::pipelines::povray {

class Speaker {
public:
    explicit Speaker(std::ostream& out) : out_(out) {}

    void progress(double percent);  // told in whole percents, never back
    void status(std::string_view text) { say("openjd_status: ", text); }
    void fail(std::string_view text) { say("openjd_fail: ", text); }
    void metric(std::string_view name, double value);
    void preview(std::string_view path) { say("atelier_preview: ", path); }
    void log(std::string_view text) { say("", text); }

private:
    void say(std::string_view head, std::string_view text);

    std::ostream& out_;
    std::mutex mutex_;
    int told_ = -1;
};

}  // namespace atelier::pipelines::povray
