// JSON text in and out. The conversions of structs are in base/json_struct.h, which only the sources that convert
// include.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace atelier::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

// Strict JSON of bounded depth; throws Error::invalid with the line and column.
Value parse(std::string_view text);

// One line, in the order of the keys as they were put in.
std::string text(const Value& value);

// One truth, one text: keys sorted by their UTF-16 code units, no blanks, everything beyond ASCII as \uXXXX.
std::string canonical(const Value& value);

// For people: indented by two.
std::string pretty(const Value& value);

}  // namespace atelier::json
