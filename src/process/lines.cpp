#include "process/lines.h"

#include <algorithm>

#include "process/keeper.h"

namespace atelier::process {

void LineSplitter::feed(std::string_view bytes) {
    if (bytes.empty()) return;
    std::size_t begin = after_return_ && bytes.front() == '\n' ? 1 : 0;
    after_return_ = false;
    const auto find = [&](char wanted) { return std::min(bytes.find(wanted, begin), bytes.size()); };
    std::size_t newline = find('\n');
    std::size_t carriage = find('\r');
    while (begin < bytes.size()) {
        const std::size_t end = std::min(newline, carriage);
        add(bytes.substr(begin, end - begin), end < bytes.size());
        begin = end + 1;
        if (end == newline) {
            newline = find('\n');
            continue;
        }
        if (begin == bytes.size()) after_return_ = true;
        if (newline == begin) {
            ++begin;
            newline = find('\n');
        }
        carriage = find('\r');
    }
}

void LineSplitter::add(std::string_view part, bool ends) {
    if (!cut_) {
        const bool whole = begun_.empty() && ends;  // the usual case copies nothing
        const std::size_t room = max_line - begun_.size();
        if (!whole) begun_.append(part.substr(0, room));
        cut_ = part.size() > room;
        if (ends || cut_) {
            take_line_(whole ? part.substr(0, room) : std::string_view(begun_));
            begun_.clear();
        }
    }
    if (ends) cut_ = false;
}

void LineSplitter::finish() {
    if (!begun_.empty()) add({}, true);
}

}  // namespace atelier::process
