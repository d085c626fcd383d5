// A body that comes in chunks, taken apart byte by byte, so that it may be cut anywhere. Our own: that of Beast 1.81
// ends the program when an empty body comes in two pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace atelier::http {

class Chunks {
public:
    struct Taken {
        std::size_t used = 0;   // of the bytes
        std::size_t given = 0;  // to `into`
    };
    // Uses all bytes, unless `into` is full or the body is at its end. Throws Error::invalid.
    Taken take(std::string_view bytes, std::span<char> into);
    bool is_done() const { return state_ == State::done; }

private:
    enum class State {
        size,
        more_size,
        extension,
        size_end,
        data,
        data_cr,
        data_lf,
        line,
        trailer,
        trailer_end,
        end,
        done
    };

    void step(char letter);
    void step_size(char letter);
    void step_line_end(char letter, State next);
    void count_extra();

    State state_ = State::size;
    std::uint64_t left_ = 0;  // of the chunk
    std::size_t digits_ = 0;  // of its size
    std::size_t extra_ = 0;   // bytes of extensions and trailers, all of which are for nobody
};

}  // namespace atelier::http
