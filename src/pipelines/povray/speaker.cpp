#include "pipelines/povray/speaker.h"

#include <fmt/format.h>

#include "base/text.h"

namespace atelier::pipelines::povray {

void Speaker::progress(double percent) {
    {
        const std::lock_guard lock(mutex_);
        if (static_cast<int>(percent) <= told_) return;
        told_ = static_cast<int>(percent);
    }
    say("openjd_progress: ", std::to_string(static_cast<int>(percent)));
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

}  // namespace atelier::pipelines::povray
