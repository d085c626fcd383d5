#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "cli/home.h"

namespace atelier::cli {

namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t least_cut = 10;  // a column is never cut to less

constexpr std::string_view code_of(Colour colour) {
    switch (colour) {
        case Colour::plain: return "";
        case Colour::bold: return "\x1b[1m";
        case Colour::dim: return "\x1b[2m";
        case Colour::red: return "\x1b[31m";
        case Colour::green: return "\x1b[32m";
        case Colour::yellow: return "\x1b[33m";
    }
    return "";
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u; }

// The end of a colour's escape sequence that begins at `at`.
std::size_t after_escape(std::string_view text, std::size_t at) {
    const std::size_t end = text.find('m', at);
    return end == std::string_view::npos ? text.size() : end + 1;
}

std::string cut(std::string_view text, std::size_t width) {
    if (shown_width(text) <= width) return std::string(text);
    std::string kept;
    bool coloured = false;
    std::size_t shown = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\x1b') {
            const std::size_t end = after_escape(text, at);
            kept += text.substr(at, end - at);
            at = end;
            coloured = true;
            continue;
        }
        if (begins_character(text[at]) && ++shown == width) break;
        kept += text[at++];
    }
    return kept + "…" + (coloured ? "\x1b[0m" : "");
}

}  // namespace

std::size_t shown_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\x1b') {
            at = after_escape(text, at);
        } else {
            width += begins_character(text[at]) ? 1 : 0;
            ++at;
        }
    }
    return width;
}

Output Output::of_process() {
    Options options;
    options.terminal = isatty(STDOUT_FILENO) != 0;
    options.colours =
        options.terminal && process_environment("NO_COLOR").empty() && process_environment("TERM") != "dumb";
    winsize size{};
    if (options.terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        options.width = size.ws_col;
    return {std::cout, std::cerr, options};
}

void Output::say(std::string_view line) {
    if (!wants_json) out_ << line << '\n';
}

void Output::json(const json::Value& value) {
    if (wants_json) out_ << json::text(value) << '\n';
}

void Output::warn(std::string_view line) { err_ << "atelier: " << line << '\n'; }

void Output::table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t index = 0; index < columns.size(); ++index) {
        widths.push_back(shown_width(columns[index].title));
        for (const auto& row : rows)
            widths.back() = std::max(widths.back(), shown_width(row.at(index)));
    }
    const auto line = [&](const auto& cell_of, Colour colour) {
        std::string text;
        std::size_t used = 0;
        for (std::size_t index = 0; index < columns.size(); ++index) {
            std::string cell = cell_of(index);
            const bool last = index + 1 == columns.size();
            const auto room = static_cast<std::size_t>(options_.width);
            if (last && options_.terminal) cell = cut(cell, std::max(room - std::min(room, used), least_cut));
            const std::string blanks(widths[index] - std::min(widths[index], shown_width(cell)), ' ');
            const bool right = columns[index].align == Column::Align::right;
            text += right ? blanks + cell : cell + (last ? "" : blanks);
            if (!last) text += gap;
            used += widths[index] + gap.size();
        }
        text.erase(text.find_last_not_of(' ') + 1);
        say(paint(colour, text));
    };
    line([&](std::size_t index) { return columns[index].title; }, Colour::dim);
    for (const auto& row : rows)
        line([&](std::size_t index) { return row[index]; }, Colour::plain);
}

std::string Output::paint(Colour colour, std::string_view text) const {
    if (!options_.colours || colour == Colour::plain) return std::string(text);
    return std::string(code_of(colour)) + std::string(text) + "\x1b[0m";
}

}  // namespace atelier::cli
