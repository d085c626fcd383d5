#include "pipelines/sky/place/sexagesimal.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace atelier::pipelines::sky {

namespace {

constexpr double radian = std::numbers::pi / 180;

struct Parts {
    long long whole = 0, minutes = 0;
    double seconds = 0;
};

// Rounded before it is taken apart, so that 59.999 seconds become a minute.
Parts parts_of(double value, double steps_a_second) {
    const double steps = std::round(value * 3600 * steps_a_second);
    const auto seconds = static_cast<long long>(std::floor(steps / steps_a_second));
    return {seconds / 3600, seconds / 60 % 60, steps / steps_a_second - static_cast<double>(seconds / 60 * 60)};
}

}  // namespace

std::string ra_text(double degrees) {
    double hours = std::fmod(degrees / 15, 24);
    if (hours < 0) hours += 24;
    const Parts parts = parts_of(hours, 100);
    return fmt::format("{:02}h {:02}m {:05.2f}s", parts.whole % 24, parts.minutes, parts.seconds);
}

std::string dec_text(double degrees) {
    const Parts parts = parts_of(std::abs(degrees), 10);
    const bool is_nothing = parts.whole == 0 && parts.minutes == 0 && parts.seconds == 0;
    return fmt::format("{}{:02}° {:02}′ {:04.1f}″", degrees < 0 && !is_nothing ? "−" : "+", parts.whole, parts.minutes,
                       parts.seconds);
}

std::string angle_text(double degrees) {
    const double size = std::abs(degrees);
    if (size >= 1) return fmt::format("{:.2f}°", degrees);
    if (size >= 1.0 / 60) return fmt::format("{:.2f}′", degrees * 60);
    return fmt::format("{:.3g}″", degrees * 3600);
}

double separation(double ra1, double dec1, double ra2, double dec2) {
    const double ra = (ra2 - ra1) * radian, from = dec1 * radian, to = dec2 * radian;
    const double across = std::hypot(std::cos(to) * std::sin(ra),
                                     std::cos(from) * std::sin(to) - std::sin(from) * std::cos(to) * std::cos(ra));
    const double along = std::sin(from) * std::sin(to) + std::cos(from) * std::cos(to) * std::cos(ra);
    return std::atan2(across, along) / radian;
}

}  // namespace atelier::pipelines::sky
