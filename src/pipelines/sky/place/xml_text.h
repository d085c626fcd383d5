// Text in XML: what is written is valid whatever it is made from.
#pragma once

#include <string>
#include <string_view>

namespace atelier::pipelines::sky {

// What XML 1.0 can't hold (control characters, broken UTF-8) is left out or replaced.
std::string xml_text(std::string_view text);
std::string xml_attribute(std::string_view text);  // without the quotes around it

}  // namespace atelier::pipelines::sky
