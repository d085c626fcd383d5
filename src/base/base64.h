// Base 64 as in RFC 4648, with padding.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

std::string base64_of(std::string_view bytes);
std::string from_base64(std::string_view text);  // throws Error::invalid

}  // namespace atelier
