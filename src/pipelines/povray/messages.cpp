#include "pipelines/povray/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace atelier::pipelines::povray {

namespace {

constexpr std::size_t wrapped_length = 60;  // a shorter line was not wrapped
constexpr std::size_t most_complaints = 100;
constexpr std::size_t longest_statement = 4000;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// "Rendered 1024 of 57600 pixels (1%)", with blanks or dots around it.
std::optional<double> part_drawn(std::string_view line) {
    const std::size_t begin = line.find("Rendered ");
    if (begin == std::string_view::npos) return std::nullopt;
    const auto words = split(line.substr(begin), ' ');
    if (words.size() < 4 || words[2] != "of") return std::nullopt;
    const auto done = parse_int(words[1]), whole = parse_int(words[3]);
    if (!done || !whole || *whole <= 0) return std::nullopt;
    return std::clamp(static_cast<double>(*done) / static_cast<double>(*whole), 0.0, 1.0);
}

bool begins_anew(std::string_view line) {
    for (const std::string_view word : {"File '", "Fatal error", "Render ", "Rendering", "====", "Cannot ", "POV-Ray",
                                        "Warning", "Problem", "Command line"})
        if (line.starts_with(word)) return true;
    return false;
}

// "File 'a b.pov' line 7: Parse Error: text".
std::optional<Complaint> with_place(std::string_view text) {
    constexpr std::string_view head = "File '";
    if (!text.starts_with(head)) return std::nullopt;
    const std::size_t end = text.find("' line ", head.size());
    if (end == std::string_view::npos) return std::nullopt;
    Complaint complaint;
    complaint.file = printable(text.substr(head.size(), end - head.size()));
    const std::string_view rest = text.substr(end + 7);
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    complaint.line = static_cast<int>(parse_int(rest.substr(0, colon)).value_or(0));
    complaint.text = printable(trim(rest.substr(colon + 1)));
    return complaint;
}

bool is_certain(const Complaint& complaint) { return complaint.text.starts_with("Parse Error"); }
bool is_possible(const Complaint& complaint) { return complaint.text.starts_with("Possible Parse Error"); }
bool tells_of_file(const Complaint& complaint) { return contains(complaint.text, "Cannot find file '"); }

}  // namespace

void Messages::take(std::string_view line) {
    if (const auto part = part_drawn(line)) {
        close_statement();
        if (listener_.pixels) listener_.pixels(*part);
        return;
    }
    if (open_ && !line.empty() && !begins_anew(line) && statement_.size() < longest_statement) {
        statement_ += line;
        open_ = line.size() >= wrapped_length;
        return;
    }
    close_statement();
    statement_ = line;
    open_ = line.size() >= wrapped_length;
}

void Messages::close_statement() {
    const std::string text = std::exchange(statement_, {});
    open_ = false;
    if (trim(text).empty()) return;
    if (text.starts_with("Rendering frame ")) {
        credits_over_ = true;
        if (text == last_frame_line_) return;  // the first one is said twice
        last_frame_line_ = text;
        if (listener_.frame) listener_.frame();
        return;
    }
    if (text.starts_with("====")) {
        credits_over_ = true;
        return;
    }
    if (contains(text, "cancelled by user") || contains(text, "Frontend halted")) canceled_ = true;
    keep_complaint(text);
}

void Messages::keep_complaint(std::string_view text) {
    // Its credits fill the first screen of every run; of these only what went wrong is of interest.
    const bool wrong = contains(text, "rror") || contains(text, "annot ") || contains(text, "ailed") ||
                       contains(text, "Problem") || contains(text, "Shutdown") || contains(text, "prohibited");
    if ((!credits_over_ && !wrong) || contains(text, "user configuration file")) return;
    if (listener_.log) listener_.log(text);
    if (!wrong || complaints_.size() >= most_complaints || others_.size() >= most_complaints) return;
    if (auto complaint = with_place(text))
        complaints_.push_back(std::move(*complaint));
    else if (text != "Render failed")
        others_.push_back(printable(trim(text)));
}

void Messages::finish() { close_statement(); }

// POV-Ray guesses first and then is certain; of two guesses the one that names a file says more.
std::optional<Complaint> Messages::error() const {
    for (const auto kind : {is_certain, tells_of_file, is_possible})
        for (const Complaint& complaint : complaints_)
            if (kind(complaint)) return complaint;
    for (const std::string& text : others_)
        if (!contains(text, "Fatal error in parser")) return Complaint{{}, 0, text};
    if (!others_.empty()) return Complaint{{}, 0, others_.front()};
    return std::nullopt;
}

std::string to_string(const Complaint& complaint) {
    if (complaint.file.empty()) return complaint.text;
    std::string_view text = complaint.text;
    for (const std::string_view head : {"Possible ", "Parse Error: "})
        if (text.starts_with(head)) text.remove_prefix(head.size());
    return fmt::format("{}, line {}: {}", complaint.file, complaint.line, text);
}

std::optional<std::string> path_in(const Complaint& complaint) {
    const std::string_view text = complaint.text;
    if (!contains(text, "annot ")) return std::nullopt;
    if (const std::size_t quote = text.find('\''); quote != std::string_view::npos) {
        const std::size_t end = text.find('\'', quote + 1);
        if (end != std::string_view::npos) return std::string(text.substr(quote + 1, end - quote - 1));
    }
    const std::size_t begin = text.find(" file ");
    if (begin == std::string_view::npos) return std::nullopt;
    std::string_view path = text.substr(begin + 6);
    path = path.substr(0, path.rfind(" ("));
    if (path.ends_with('.')) path.remove_suffix(1);
    return std::string(path);
}

}  // namespace atelier::pipelines::povray
