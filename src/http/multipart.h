// A form with files (multipart/form-data), read as it comes: any size, flat memory. What a part is for and what is in
// it is told to whoever reads it, piece by piece.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace atelier::http {

struct FormPart {
    std::string name;
    std::optional<std::string> filename;  // as it was sent: not to be used as a path
};

class Multipart {
public:
    // Throws Error::invalid unless it is the content type of a form, with a boundary.
    Multipart(std::string_view content_type, std::function<void(const FormPart&)> on_part,
              std::function<void(std::string_view)> on_data);

    void feed(std::string_view bytes);  // throws Error::invalid for what is no form
    void finish() const;                // throws Error::invalid when the form's end hasn't come

    static bool is_form(std::string_view content_type);

private:
    enum class State { before, after_delimiter, head, data, over };
    bool step();
    bool skip_preamble();
    bool take_delimiter_end();
    bool take_head();
    bool take_data();
    void drop(std::size_t count) { at_ += count; }
    std::string_view rest() const { return std::string_view(held_).substr(at_); }

    std::string delimiter_;  // with the line end before it
    std::function<void(const FormPart&)> on_part_;
    std::function<void(std::string_view)> on_data_;
    State state_ = State::before;
    std::string held_ = "\r\n";  // so that the first delimiter is as the others
    std::size_t at_ = 0;
    std::size_t parts_ = 0;
};

}  // namespace atelier::http
