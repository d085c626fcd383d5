#include "process/speaker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace atelier::process {

void Speaker::progress(double percent) {
    const int whole = percent > 0 ? static_cast<int>(std::min(percent, 100.0)) : 0;
    {
        const std::lock_guard lock(mutex_);
        if (whole <= told_) return;
        told_ = whole;
    }
    say("openjd_progress: ", std::to_string(whole));
}

void Speaker::fail(const Error& error) {
    const std::string place = error.where().empty() ? "" : error.where() + ": ";
    const std::string hint = error.hint().empty() ? "" : " (" + error.hint() + ")";
    fail(place + error.what() + hint);
}

void Speaker::metric(std::string_view name, double value) {
    say("atelier_metric: ", fmt::format("{}={}", name, value));
}

// One line, whatever is in it: another would be taken for another word to the farm.
void Speaker::say(std::string_view head, std::string_view text) {
    std::string line = printable(text);
    for (char& letter : line)
        if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
    const std::lock_guard lock(mutex_);
    out_ << head << line << std::endl;
}

}  // namespace atelier::process
