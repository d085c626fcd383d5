// The last lines that an attempt printed, for the rules that tell what its failure was.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "wire/log_rules.h"

namespace atelier::worker {

class LogTail {
public:
    void clear() {
        next_ = 0;
        count_ = 0;
    }

    void line(std::string_view text) {
        if (lines_.size() < wire::log_lines_looked_at) lines_.resize(wire::log_lines_looked_at);
        lines_[next_].assign(text.substr(0, wire::log_line_looked_at));
        next_ = (next_ + 1) % lines_.size();
        count_ = std::min(count_ + 1, lines_.size());
    }

    std::vector<std::string> lines() const {  // the oldest first
        std::vector<std::string> ordered;
        for (std::size_t i = count_; i > 0; --i)
            ordered.push_back(lines_[(next_ + lines_.size() - i) % lines_.size()]);
        return ordered;
    }

private:
    std::vector<std::string> lines_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

}  // namespace atelier::worker
