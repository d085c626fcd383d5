// Bytes to lines: "\n", "\r\n" and a lone "\r" (which programs use to redraw their progress) end a line. A line is cut
// at max_line bytes and what follows up to its end is dropped, so that memory stays flat whatever comes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace atelier::process {

class LineSplitter {
public:
    explicit LineSplitter(std::function<void(std::string_view)> take_line) : take_line_(std::move(take_line)) {}

    void feed(std::string_view bytes);
    void finish();  // what is left without a line end is a line too

private:
    void add(std::string_view part, bool ends);

    std::function<void(std::string_view)> take_line_;
    std::string begun_;          // a line that goes on in the next bytes
    bool cut_ = false;           // it was too long and has been taken already
    bool after_return_ = false;  // the last byte was '\r': a '\n' that follows belongs to it
};

}  // namespace atelier::process
