#include "pipelines/sky/feed/item.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "base/time.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::size_t longest_id = 150;
constexpr std::size_t longest_extension = 5;
constexpr double largest_file = 1e15;

bool is_letter_or_digit(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

bool may_be_in_id(char letter) { return is_letter_or_digit(letter) || letter == '_' || letter == '.' || letter == '-'; }

std::optional<double> number_of(const json::Value& value) {
    if (value.is_string()) return parse_number(trim(std::string_view(value.get_string())));
    if (value.is_number()) return value.to_number<double>();
    return std::nullopt;
}

// Digits from the front: as many as said, within a range.
bool take_number(std::string_view& text, std::size_t digits, int least, int most, int& into) {
    if (text.size() < digits) return false;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    into = value;
    return value >= least && value <= most;
}

bool take(std::string_view& text, std::string_view one_of) {
    if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

struct Time {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
    int offset = 0;  // minutes east of Greenwich
};

bool take_fraction(std::string_view& text, int& micros) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return false;
    int scale = 100'000;
    for (const char digit : text.substr(0, std::min<std::size_t>(digits, 6))) {
        micros += (digit - '0') * scale;
        scale /= 10;
    }
    text.remove_prefix(digits);
    return true;
}

bool take_zone(std::string_view& text, int& offset) {
    if (text.empty() || take(text, "Zz")) return text.empty();
    const int sign = text.front() == '-' ? -1 : 1;
    int hours = 0, minutes = 0;
    if (!take(text, "+-") || !take_number(text, 2, 0, 23, hours)) return false;
    take(text, ":");
    if (!text.empty() && !take_number(text, 2, 0, 59, minutes)) return false;
    offset = sign * (hours * 60 + minutes);
    return text.empty();
}

std::optional<Time> parse_time(std::string_view text) {
    text = trim(text);
    Time time;
    if (!take_number(text, 4, 1, 9999, time.year) || !take(text, "-") || !take_number(text, 2, 1, 12, time.month) ||
        !take(text, "-") || !take_number(text, 2, 1, 31, time.day))
        return std::nullopt;
    if (text.empty()) return time;
    if (!take(text, "T t") || !take_number(text, 2, 0, 23, time.hour) || !take(text, ":") ||
        !take_number(text, 2, 0, 59, time.minute))
        return std::nullopt;
    if (take(text, ":") && !take_number(text, 2, 0, 59, time.second)) return std::nullopt;
    if (take(text, ".") && !take_fraction(text, time.micros)) return std::nullopt;
    if (!take_zone(text, time.offset)) return std::nullopt;
    return time;
}

}  // namespace

const json::Value* find(const json::Value& item, std::string_view key) {
    if (!item.is_object()) return nullptr;
    const auto found = item.get_object().find(key);
    return found == item.get_object().end() || found->value().is_null() ? nullptr : &found->value();
}

std::string text_at(const json::Value& item, std::string_view key) {
    const json::Value* value = find(item, key);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(value->get_string());
    return value->is_number() ? json::text(*value) : std::string();
}

std::optional<double> number_at(const json::Value& item, std::string_view key) {
    const json::Value* value = find(item, key);
    return value == nullptr ? std::nullopt : number_of(*value);
}

std::vector<double> numbers_at(const json::Value& item, std::string_view key) {
    const json::Value* list = find(item, key);
    std::vector<double> numbers;
    if (list == nullptr || !list->is_array()) return numbers;
    for (const json::Value& value : list->get_array()) {
        const auto number = number_of(value);
        if (!number) return {};
        numbers.push_back(*number);
    }
    return numbers;
}

std::optional<std::uint64_t> bytes_at(const json::Value& item, std::string_view key) {
    const auto number = number_at(item, key);
    if (!number || !(*number >= 1 && *number <= largest_file)) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= longest_id && text.front() != '.' && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), may_be_in_id);
}

std::string as_id(std::string_view text) {
    std::string id(text.substr(0, longest_id));
    std::replace_if(
        id.begin(), id.end(), [](char letter) { return !may_be_in_id(letter); }, '_');
    if (id.empty()) return "unnamed";
    if (id.front() == '.' || id.front() == '-') id.front() = '_';
    return id;
}

std::string refusal_of_id(std::string_view text) {
    if (text.size() > longest_id) return fmt::format("its id is longer than {} characters", longest_id);
    return "its id \"" + printable(text) +
           "\" can't be the name of a folder: letters, digits, _ . and - alone are fine";
}

std::string image_extension(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    url = url.substr(url.find_last_of('/') == std::string_view::npos ? 0 : url.find_last_of('/') + 1);
    const std::size_t dot = url.find_last_of('.');
    if (dot == std::string_view::npos) return {};
    const std::string extension = lower(url.substr(dot + 1));
    const bool is_fine = !extension.empty() && extension.size() <= longest_extension &&
                         std::all_of(extension.begin(), extension.end(), is_letter_or_digit);
    if (!is_fine) return {};
    return extension == "jpeg" ? "jpg" : extension;
}

std::string last_updated_text(std::string_view text) {
    const auto time = parse_time(text);
    if (!time) return {};
    const std::string fraction = time->micros == 0 ? "" : fmt::format(".{:06}", time->micros);
    const int away = std::abs(time->offset);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}{}{:02}:{:02}", time->year, time->month, time->day,
                       time->hour, time->minute, time->second, fraction, time->offset < 0 ? '-' : '+', away / 60,
                       away % 60);
}

std::optional<std::int64_t> instant_of(std::string_view text) {
    namespace chrono = std::chrono;
    const auto time = parse_time(text);
    if (!time) return std::nullopt;
    const chrono::year_month_day date{chrono::year(time->year), chrono::month(static_cast<unsigned>(time->month)),
                                      chrono::day(static_cast<unsigned>(time->day))};
    const auto at = chrono::sys_days(date) + chrono::hours(time->hour) + chrono::minutes(time->minute - time->offset) +
                    chrono::seconds(time->second) + chrono::microseconds(time->micros);
    return chrono::duration_cast<chrono::microseconds>(at.time_since_epoch()).count();
}

std::string annotation_of(std::string_view channel, std::string_view id, std::string_view last_updated) {
    if (channel.empty()) return {};
    std::string published;
    if (const auto instant = instant_of(last_updated)) published = format_utc(*instant);
    if (!published.empty()) published.replace(published.size() - 1, 1, "+00:00");  // instead of Z
    return R"({"channel": )" + json::text(json::Value(channel)) + R"(, "itemid": )" + json::text(json::Value(id)) +
           R"(, "publishedUTCISO8601": )" + json::text(json::Value(published)) + "}";
}

std::string escape_html(std::string_view text) {
    std::string escaped;
    for (const char letter : text)
        switch (letter) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            case '\'': escaped += "&#x27;"; break;
            default: escaped += letter;
        }
    return escaped;
}

}  // namespace atelier::pipelines::sky
