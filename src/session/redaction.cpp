#include "session/redaction.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"

namespace atelier::session {
namespace {

constexpr std::size_t short_line = 4;  // "{", "end": hidden everywhere they would make a log unreadable

using Span = std::pair<std::size_t, std::size_t>;

void find_all(std::string_view text, std::string_view part, std::vector<Span>& spans) {
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        spans.emplace_back(at, at + part.size());
}

// The longest end of the text that is a beginning of the part.
std::size_t begun_at_end(std::string_view text, std::string_view part) {
    for (std::size_t size = std::min(part.size() - 1, text.size()); size > 0; --size)
        if (text.ends_with(part.substr(0, size))) return size;
    return 0;
}

}  // namespace

bool Redactor::hide(std::string_view secret) {
    std::vector<std::string_view> lines;
    for (std::size_t begin = 0; begin <= secret.size();) {
        const std::size_t end = std::min(secret.find_first_of("\r\n", begin), secret.size());
        lines.push_back(secret.substr(begin, end - begin));
        begin = end + 1;
    }
    if (parts_.size() + lines_.size() + lines.size() > most_secrets) return false;
    for (const std::string_view form : {secret, trim(secret)})
        if (!form.empty()) parts_.emplace(form);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool in_the_middle = i > 0 && i + 1 < lines.size();
        if (!lines[i].empty()) (in_the_middle && lines[i].size() < short_line ? lines_ : parts_).emplace(lines[i]);
    }
    return true;
}

std::string Redactor::apply(std::string_view text, bool cut) const {
    if (lines_.contains(text)) return std::string(redacted);
    std::vector<Span> spans;
    for (const std::string& part : parts_) {
        find_all(text, part, spans);
        if (const std::size_t size = cut ? begun_at_end(text, part) : 0)
            spans.emplace_back(text.size() - size, text.size());
    }
    std::sort(spans.begin(), spans.end());
    std::string shown;
    std::size_t done = 0;
    for (std::size_t i = 0; i < spans.size();) {
        auto [begin, end] = spans[i];
        while (++i < spans.size() && spans[i].first <= end)
            end = std::max(end, spans[i].second);
        shown.append(text.substr(done, begin - done)).append(redacted);
        done = end;
    }
    return shown.append(text.substr(done));
}

std::string without_declared_secrets(std::string_view text) {
    constexpr std::string_view token = "openjd_redacted_env:";
    const std::size_t at = text.find(token);
    if (at == std::string_view::npos) return std::string(text);
    return std::string(text.substr(0, at + token.size())) + " " + std::string(redacted);
}

}  // namespace atelier::session
