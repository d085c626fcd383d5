// A still in bands of rows: which rows a band has, and what its picture is called.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace atelier::pipelines::povray {

// A task draws two at the same time, as POV-Ray sleeps for most of a second when it starts.
constexpr int bands_of_part = 2;

struct Band {
    int number = 0;
    int first = 0;  // row, from 0
    int height = 0;

    std::string name(const std::string& extension) const { return fmt::format("band_{:04}{}", number, extension); }
};

inline Band band_of(int number, int count, int rows) {
    const auto row = [&](int band) { return static_cast<int>(static_cast<std::int64_t>(rows) * band / count); };
    return {number, row(number), row(number + 1) - row(number)};
}

}  // namespace atelier::pipelines::povray
