// What the sources' parsers share: values of items that may be texts, numbers or missing, and ids that are safe as the
// names of folders, in URLs and on command lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace atelier::pipelines::sky {

const json::Value* find(const json::Value& item, std::string_view key);  // nothing: missing or null
std::string text_at(const json::Value& item, std::string_view key);      // "" when there is none; numbers too
std::optional<double> number_at(const json::Value& item, std::string_view key);
std::vector<double> numbers_at(const json::Value& item, std::string_view key);         // empty when one of them is none
std::optional<std::uint64_t> bytes_at(const json::Value& item, std::string_view key);  // a size of a file, above 0

bool is_id(std::string_view text);                 // [A-Za-z0-9_.-]+, not led by "." or "-", not too long
std::string as_id(std::string_view text);          // with "_" for what can't be in one; "unnamed" for nothing
std::string refusal_of_id(std::string_view text);  // why it isn't one

// The ending of the image's name in a URL or path, as it is kept: "jpg" for ".JPEG?x=1". Empty when there is none that
// an image can have.
std::string image_extension(std::string_view url);

// A time of a feed ("2019-04-08T14:00:38.128143", UTC when it names no zone) as WTML's XLastUpdated has it:
// "2019-04-08 14:00:38.128143+00:00". Empty when it is none.
std::string last_updated_text(std::string_view time);
// Microseconds since 1970 of either form; nothing when it is none.
std::optional<std::int64_t> instant_of(std::string_view time);

// What WorldWide Telescope's channels are told of an image, in JSON; `last_updated` as XLastUpdated. Empty without a
// channel.
std::string annotation_of(std::string_view channel, std::string_view id, std::string_view last_updated);

std::string escape_html(std::string_view text);  // & < > and quotes

}  // namespace atelier::pipelines::sky
