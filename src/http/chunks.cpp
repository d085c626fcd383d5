#include "http/chunks.h"

#include <algorithm>

#include "base/error.h"

namespace atelier::http {

namespace {

constexpr std::size_t most_digits = 15;
constexpr std::size_t most_extra = 16 * 1024;

Error broken(const char* why) {
    return {Error::Kind::invalid, std::string("The chunks of the body can't be understood: ") + why + "."};
}

int digit_of(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

bool is_text(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return (byte >= 0x20 && byte != 0x7f) || letter == '\t';
}

}  // namespace

Chunks::Taken Chunks::take(std::string_view bytes, std::span<char> into) {
    Taken taken;
    while (taken.used < bytes.size() && !is_done()) {
        if (state_ != State::data) {
            step(bytes[taken.used++]);
            continue;
        }
        const std::size_t most = std::min(bytes.size() - taken.used, into.size() - taken.given);
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, most));
        if (size == 0) break;
        std::copy_n(bytes.data() + taken.used, size, into.data() + taken.given);
        taken.used += size;
        taken.given += size;
        left_ -= size;
        if (left_ == 0) state_ = State::data_cr;
    }
    return taken;
}

void Chunks::step(char letter) {
    switch (state_) {
        case State::size:
        case State::more_size: return step_size(letter);
        case State::extension:
            if (letter == '\r')
                state_ = State::size_end;
            else if (!is_text(letter))
                throw broken("a line has a byte that isn't text");
            return count_extra();
        case State::size_end: return step_line_end(letter, left_ > 0 ? State::data : State::line);
        case State::data_cr:
            if (letter != '\r') throw broken("a chunk is longer than it was told");
            state_ = State::data_lf;
            return;
        case State::data_lf: digits_ = 0; return step_line_end(letter, State::size);
        case State::line:
            if (letter == '\r') {
                state_ = State::end;
                return;
            }
            state_ = State::trailer;
            [[fallthrough]];
        case State::trailer:
            if (letter == '\r')
                state_ = State::trailer_end;
            else if (!is_text(letter))
                throw broken("a trailer has a byte that isn't text");
            return count_extra();
        case State::trailer_end: return step_line_end(letter, State::line);
        case State::end: return step_line_end(letter, State::done);
        case State::data:
        case State::done: return;
    }
}

void Chunks::step_size(char letter) {
    const int digit = digit_of(letter);
    if (digit >= 0) {
        if (++digits_ > most_digits) throw broken("a size has too many digits");
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        state_ = State::more_size;
    } else if (state_ == State::more_size && letter == '\r') {
        state_ = State::size_end;
    } else if (state_ == State::more_size && letter == ';') {
        state_ = State::extension;
    } else {
        throw broken("a size isn't a number");
    }
}

void Chunks::step_line_end(char letter, State next) {
    if (letter != '\n') throw broken("a line doesn't end as lines do");
    state_ = next;
}

void Chunks::count_extra() {
    if (++extra_ > most_extra) throw broken("there is too much in it that isn't the body");
}

}  // namespace atelier::http
