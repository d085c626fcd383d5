#include "pipelines/povray/scene_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace atelier::pipelines::povray {

namespace {

[[noreturn]] void refuse(const std::string& name, std::size_t line, const std::string& what) {
    throw Error(Error::Kind::invalid, what, {}, fmt::format("{}:{}", name, line));
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || letter == '_' || letter == '.' || letter == '-';
    });
}

// Calls `plain` for what stands between placeholders and `placeholder` for their names; {{ without a name and }} is
// plain text, as POV-Ray's own blocks may begin so.
void walk(std::string_view text, const std::function<void(std::string_view)>& plain,
          const std::function<void(std::string_view name, std::size_t at)>& placeholder) {
    std::size_t done = 0;
    for (std::size_t begin = text.find("{{"); begin != std::string_view::npos; begin = text.find("{{", begin + 1)) {
        const std::size_t end = text.find("}}", begin);
        if (end == std::string_view::npos) break;
        const std::string_view name = trim(text.substr(begin + 2, end - begin - 2));
        if (!is_name(name)) continue;
        plain(text.substr(done, begin - done));
        placeholder(name, begin);
        done = end + 2;
        begin = end;
    }
    plain(text.substr(done));
}

// One record of a CSV file, with quotes as in RFC 4180.
class CsvReader {
public:
    CsvReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    bool next(std::vector<std::string>& fields) {
        fields.clear();
        if (at_ >= text_.size()) return false;
        began_ = line_;
        for (;;) {
            fields.push_back(field());
            if (at_ >= text_.size()) return true;
            const char end = text_[at_++];
            if (end == '\n') return ++line_, true;
        }
    }
    std::size_t line() const { return began_; }

private:
    std::string field() {
        std::string value;
        if (at_ < text_.size() && text_[at_] == '"') {
            quoted(value);
            if (at_ < text_.size() && text_[at_] == '\r') ++at_;
            if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n')
                refuse(name_, line_, "something stands behind a quoted value");
            return value;
        }
        const std::size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
        value = trim(text_.substr(at_, end - at_));
        at_ = end;
        return value;
    }

    void quoted(std::string& value) {
        const std::size_t begun = line_;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\n') ++line_;
            if (text_[at_] != '"') {
                value += text_[at_];
            } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
                value += text_[++at_];
            } else {
                ++at_;
                return;
            }
        }
        refuse(name_, begun, "a quoted value has no end");
    }

    std::string_view text_;
    const std::string& name_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    std::size_t began_ = 1;
};

std::string text_of(const json::Value& value, const std::string& name, std::size_t row) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_double()) return fmt::format("{}", value.get_double());
    if (value.is_number() || value.is_bool()) return json::text(value);
    refuse(name, row, "a value is neither a text nor a number");
}

}  // namespace

std::vector<Row> parse_csv(std::string_view text, const std::string& name) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    CsvReader reader(text, name);
    std::vector<std::string> names, fields;
    if (!reader.next(names)) refuse(name, 1, "there is no line with the names of the columns");
    for (const std::string& column : names)
        if (!is_name(column)) refuse(name, 1, "this is no name of a column: \"" + printable(column) + "\"");
    std::vector<Row> rows;
    while (reader.next(fields)) {
        if (fields.size() == 1 && fields[0].empty()) continue;
        if (fields.size() != names.size())
            refuse(name, reader.line(), fmt::format("{} values for {} columns", fields.size(), names.size()));
        if (rows.size() >= most_rows) refuse(name, reader.line(), "too many rows");
        Row row;
        for (std::size_t i = 0; i < names.size(); ++i)
            row[names[i]] = fields[i];
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<Row> parse_json_rows(std::string_view text, const std::string& name) {
    const json::Value value = json::parse(text);
    if (!value.is_array() || value.get_array().size() > most_rows) refuse(name, 1, "a list of objects is expected");
    std::vector<Row> rows;
    for (const json::Value& item : value.get_array()) {
        if (!item.is_object()) refuse(name, rows.size() + 1, "a list of objects is expected");
        Row row;
        for (const auto& member : item.get_object())
            row[std::string(member.key())] = text_of(member.value(), name, rows.size() + 1);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<Row> parse_rows(std::string_view text, const std::string& name) {
    return lower(name).ends_with(".json") ? parse_json_rows(text, name) : parse_csv(text, name);
}

std::set<std::string> placeholders_in(std::string_view text) {
    std::set<std::string> names;
    walk(
        text, [](std::string_view) {}, [&](std::string_view name, std::size_t) { names.emplace(name); });
    return names;
}

std::string fill(std::string_view text, const Row& row, const std::string& name) {
    std::string filled;
    walk(
        text, [&](std::string_view part) { filled += part; },
        [&](std::string_view placeholder, std::size_t at) {
            const auto value = row.find(std::string(placeholder));
            if (value == row.end())
                refuse(name,
                       static_cast<std::size_t>(
                           1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')),
                       "there is no value for {{ " + std::string(placeholder) + " }}");
            filled += value->second;
        });
    return filled;
}

}  // namespace atelier::pipelines::povray
