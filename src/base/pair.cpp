#include "base/pair.h"

#include <string>

#include "base/error.h"
#include "base/text.h"

namespace atelier {

std::pair<int, int> parse_pair(std::string_view text, std::string_view option) {
    constexpr std::int64_t largest = 65'536;
    const std::size_t middle = text.find('x');
    const auto first = parse_int(text.substr(0, middle));
    const auto second = parse_int(middle == std::string_view::npos ? "" : text.substr(middle + 1));
    if (!first || !second || *first < 1 || *second < 1 || *first > largest || *second > largest)
        throw Error(Error::Kind::invalid, std::string(option) + " is not two numbers: " + printable(text),
                    "such as " + std::string(option) + " 16x9", std::string(option));
    return {static_cast<int>(*first), static_cast<int>(*second)};
}

}  // namespace atelier
