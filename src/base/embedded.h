// Files that the program carries in itself, by name; the build puts them in (cmake/AtelierEmbed.cmake).
#pragma once

#include <map>
#include <string_view>

namespace atelier {

using EmbeddedFiles = std::map<std::string_view, std::string_view>;

}  // namespace atelier
