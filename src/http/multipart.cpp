#include "http/multipart.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace atelier::http {

namespace {

constexpr std::string_view form_type = "multipart/form-data";
constexpr std::size_t longest_boundary = 70;  // RFC 2046
constexpr std::size_t longest_head = 16u << 10;
constexpr std::size_t longest_padding = 256;
constexpr std::size_t most_parts = 100;
constexpr std::string_view line_end = "\r\n";

[[noreturn]] void broken(const std::string& why) {
    throw Error(Error::Kind::invalid, "the form is broken: " + why, "send it as `curl -F file=@scene.blend` does");
}

// The value of a parameter of a header: name="a \"quoted\" text" or name=token.
std::optional<std::string> parameter_of(std::string_view header, std::string_view name) {
    std::size_t at = header.find(';');
    while (at < header.size()) {
        const std::string_view rest = header.substr(at + 1);
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string key = lower(trim(rest.substr(0, equals)));
        std::size_t end = equals + 1;
        std::string value;
        if (end < rest.size() && rest[end] == '"') {
            for (++end; end < rest.size() && rest[end] != '"'; ++end) {
                // Only what must be is escaped: some send the paths of their own system as they are.
                if (rest[end] == '\\' && end + 1 < rest.size() && (rest[end + 1] == '"' || rest[end + 1] == '\\'))
                    ++end;
                value += rest[end];
            }
            if (end >= rest.size()) return std::nullopt;
            end = rest.find(';', end);
        } else {
            end = rest.find(';', end);
            value = trim(rest.substr(equals + 1, end == std::string_view::npos ? end : end - equals - 1));
        }
        if (key == name) return value;
        if (end == std::string_view::npos) return std::nullopt;
        at += 1 + end;
    }
    return std::nullopt;
}

FormPart part_of(std::string_view head) {
    while (!head.empty()) {
        const std::size_t end = std::min(head.find(line_end), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(head.size(), end + line_end.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) broken("a part has a header without a colon");
        if (lower(trim(line.substr(0, colon))) != "content-disposition") continue;
        const std::string_view value = trim(line.substr(colon + 1));
        const auto name = parameter_of(value, "name");
        if (!lower(value).starts_with("form-data") || !name) broken("a part has no name");
        return {*name, parameter_of(value, "filename")};
    }
    broken("a part has no name");
}

}  // namespace

bool Multipart::is_form(std::string_view content_type) {
    return lower(trim(content_type.substr(0, content_type.find(';')))) == form_type;
}

Multipart::Multipart(std::string_view content_type, std::function<void(const FormPart&)> on_part,
                     std::function<void(std::string_view)> on_data)
    : on_part_(std::move(on_part)), on_data_(std::move(on_data)) {
    const auto boundary = is_form(content_type) ? parameter_of(content_type, "boundary") : std::nullopt;
    if (!boundary || boundary->empty() || boundary->size() > longest_boundary ||
        boundary->find_first_of("\r\n") != std::string::npos)
        broken("its Content-Type has no boundary");
    delimiter_ = "\r\n--" + *boundary;
}

void Multipart::feed(std::string_view bytes) {
    held_.append(bytes);
    while (step()) {
    }
    held_.erase(0, at_);
    at_ = 0;
}

void Multipart::finish() const {
    if (state_ != State::over) broken("its end is missing");
}

// False when more bytes must come first.
bool Multipart::step() {
    switch (state_) {
        case State::before: return skip_preamble();
        case State::after_delimiter: return take_delimiter_end();
        case State::head: return take_head();
        case State::data: return take_data();
        case State::over: drop(rest().size()); return false;  // whatever follows is meant for nobody
    }
    return false;
}

bool Multipart::skip_preamble() {
    const std::size_t found = rest().find(delimiter_);
    if (found == std::string_view::npos) {
        if (rest().size() >= delimiter_.size()) drop(rest().size() - delimiter_.size() + 1);
        return false;
    }
    drop(found + delimiter_.size());
    state_ = State::after_delimiter;
    return true;
}

bool Multipart::take_delimiter_end() {
    const std::string_view text = rest();
    if (text.starts_with("--")) {
        state_ = State::over;
        return true;
    }
    const std::size_t end = text.find(line_end);
    const std::string_view padding = text.substr(0, end);
    const bool may_be_end = end == std::string_view::npos && (text == "-" || padding.ends_with('\r'));
    if (!may_be_end && padding.find_first_not_of(" \t") != std::string_view::npos)
        broken("a boundary is followed by something else");
    if (padding.size() > longest_padding) broken("a boundary is followed by something else");
    if (end == std::string_view::npos) return false;
    if (++parts_ > most_parts) broken(fmt::format("it has more than {} parts", most_parts));
    drop(end);  // the head of a part begins with a line end, so that an empty one is as the others
    state_ = State::head;
    return true;
}

bool Multipart::take_head() {
    const std::size_t end = rest().find("\r\n\r\n");
    if (std::min(end, rest().size()) > longest_head) broken("a part has too long a head");
    if (end == std::string_view::npos) return false;
    const std::string_view head = rest().substr(0, end);
    const FormPart part = part_of(head.substr(std::min(head.size(), line_end.size())));
    drop(end + 2 * line_end.size());
    state_ = State::data;
    on_part_(part);
    return true;
}

bool Multipart::take_data() {
    const std::size_t found = rest().find(delimiter_);
    if (found != std::string_view::npos) {
        if (found > 0) on_data_(rest().substr(0, found));
        drop(found + delimiter_.size());
        state_ = State::after_delimiter;
        return true;
    }
    // A delimiter may have begun.
    const std::size_t sure = rest().size() < delimiter_.size() ? 0 : rest().size() - delimiter_.size() + 1;
    if (sure > 0) on_data_(rest().substr(0, sure));
    drop(sure);
    return false;
}

}  // namespace atelier::http
