#include "pipelines/povray/ini.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::povray {

namespace {

[[noreturn]] void refuse(const std::string& name, int line, const std::string& what) {
    throw Error(Error::Kind::invalid, what, "see POV-Ray's manual on INI files", name + ":" + std::to_string(line));
}

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\r'; }
bool is_quote(char letter) { return letter == '"' || letter == '\''; }
bool begins_comment(char letter) { return letter == ';' || letter == '#'; }

// Up to a comment that isn't in quotes.
std::string_view without_comment(std::string_view line) {
    char quote = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (quote != 0)
            quote = line[at] == quote ? '\0' : quote;
        else if (is_quote(line[at]))
            quote = line[at];
        else if (begins_comment(line[at]))
            return line.substr(0, at);
    }
    return line;
}

std::string unquoted(std::string_view text) {
    std::string plain;
    char quote = 0;
    for (const char letter : text) {
        if (quote != 0 && letter == quote)
            quote = 0;
        else if (quote == 0 && is_quote(letter))
            quote = letter;
        else
            plain += letter;
    }
    return plain;
}

// Where the name of a setting ends: at a '=' behind a plain word. A switch may hold a '=' too (+L"a=b").
std::size_t end_of_name(std::string_view line) {
    if (line.empty() || line[0] == '+' || line[0] == '-' || is_quote(line[0])) return std::string_view::npos;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return equals;
    const std::string_view name = trim(line.substr(0, equals));
    const bool plain = !name.empty() && name.find_first_of(" \t\"'") == std::string_view::npos;
    return plain ? equals : std::string_view::npos;
}

std::string section_named(std::string_view line, const std::string& name, int number) {
    const std::size_t end = line.find(']');
    if (end == std::string_view::npos) refuse(name, number, "a section's name is not ended by ]");
    return lower(trim(line.substr(1, end - 1)));
}

}  // namespace

std::vector<std::string> ini_words(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool begun = false;
    char quote = 0;
    for (const char letter : without_comment(line)) {
        if (quote == 0 && is_blank(letter)) {
            if (begun) words.push_back(std::move(word));
            word.clear();
            begun = false;
            continue;
        }
        begun = true;
        if (quote != 0 && letter == quote)
            quote = 0;
        else if (quote == 0 && is_quote(letter))
            quote = letter;
        else
            word += letter;
    }
    if (begun) words.push_back(std::move(word));
    return words;
}

std::vector<IniItem> parse_ini(std::string_view text, const std::string& name) {
    if (text.size() > most_ini_bytes) refuse(name, 1, "an INI file of more than a megabyte is none");
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::vector<IniItem> items;
    std::string section;
    int number = 0;
    for (const std::string_view whole : split(text, '\n')) {
        ++number;
        if (whole.find('\0') != std::string_view::npos) refuse(name, number, "this is no text");
        const std::string_view line = trim(without_comment(whole));
        if (line.empty()) continue;
        if (line[0] == '[') {
            section = section_named(line, name, number);
        } else if (const std::size_t equals = end_of_name(line); equals != std::string_view::npos) {
            items.push_back(
                {section, std::string(trim(line.substr(0, equals))), unquoted(trim(line.substr(equals + 1))), number});
        } else {
            for (std::string& word : ini_words(line))
                items.push_back({section, "", std::move(word), number});
        }
        if (items.size() > most_ini_items) refuse(name, number, "there are too many settings");
    }
    return items;
}

std::vector<IniItem> items_of_section(std::vector<IniItem> items, std::string_view section, const std::string& name) {
    const std::string wanted = lower(section);
    const auto is_there = [&](const IniItem& item) { return item.section == wanted; };
    if (!wanted.empty() && std::none_of(items.begin(), items.end(), is_there))
        throw Error(Error::Kind::not_found, name + " has no section [" + wanted + "]");
    std::erase_if(items, [&](const IniItem& item) { return !item.section.empty() && item.section != wanted; });
    return items;
}

IniName parse_ini_name(std::string_view text) {
    const std::size_t open = text.rfind('[');
    if (open == std::string_view::npos || !text.ends_with(']')) return {std::string(text), ""};
    return {std::string(text.substr(0, open)), std::string(text.substr(open + 1, text.size() - open - 2))};
}

}  // namespace atelier::pipelines::povray
