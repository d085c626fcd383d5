// Numbers as WTML writes them.
#include <charconv>
#include <cmath>

#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {

namespace {

// Positions of the decimal point beyond which an exponent is written.
constexpr int least_plain = -4;
constexpr int most_plain = 15;

}  // namespace

std::string number_text(double value) {
    if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    std::string text(buffer, written.ptr);
    const std::size_t at = text.find('e');
    int exponent = 0;
    std::from_chars(text.data() + at + (text[at + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
    if (exponent < least_plain || exponent > most_plain) return text;
    const auto plain = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
    return {buffer, plain.ptr};
}

}  // namespace atelier::pipelines::sky
