// The filters of PNG: a row is told by its differences to what lies left and above, which compress better than itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace atelier::pipelines::sky {

constexpr std::size_t filter_margin = 16;   // bytes that may be read before a row, zeros, and beyond its end
constexpr std::size_t longest_row = 16384;  // 4096 pixels of four channels

// The filter byte and the row, by that of the five filters whose differences are least in sum. `row` and `above` have a
// margin on both sides; `size` is at most longest_row; `to` has room for size + 1 bytes.
void filter_row(const std::uint8_t* row, const std::uint8_t* above, std::size_t size, std::size_t pixel,
                std::uint8_t* to);

// The row back again. `from` may be read 3 bytes beyond its end, and so may `above`. False when there is no such
// filter.
bool unfilter_row(int filter, const std::uint8_t* from, const std::uint8_t* above, std::size_t size, std::size_t pixel,
                  std::uint8_t* to);

// What a filter takes for the byte: of the one left of it, above it, and left above.
std::uint8_t predict(int filter, int left, int above, int corner);

}  // namespace atelier::pipelines::sky
