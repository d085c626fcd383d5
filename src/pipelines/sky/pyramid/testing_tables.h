// For tests alone: the shared tables with every number as it stands there, to the last bit.
#pragma once

#include <regex>
#include <string>

#include "base/text.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::pipelines::sky {

// Numbers come as texts, since the reader of JSON may err in their last bit.
inline json::Value exact_table(const std::string& name) {
    const std::string text = read_file(sky_data() / "tables" / (name + ".json"), 256u << 20);
    return json::parse(std::regex_replace(text, std::regex(R"(([\[,:]\s*)(-?[0-9][0-9.eE+-]*))"), "$1\"$2\""));
}
inline json::Array exact_rows(const std::string& name) { return exact_table(name).as_array(); }

inline double real(const json::Value& value) { return parse_number(std::string_view(value.as_string())).value(); }
inline int whole(const json::Value& value) {
    return static_cast<int>(parse_int(std::string_view(value.as_string())).value());
}

}  // namespace atelier::pipelines::sky
