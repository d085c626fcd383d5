#include "pipelines/sky/pyramid/png_filter.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>
#include <vector>

namespace atelier::pipelines::sky {
namespace {

using Row = std::array<std::uint8_t, longest_row + 2 * filter_margin>;

// The row by a filter, a byte after the other, as the standard says it.
std::vector<std::uint8_t> plainly(int filter, const std::uint8_t* row, const std::uint8_t* above, std::size_t size,
                                  std::size_t pixel) {
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(filter)};
    for (std::size_t at = 0; at < size; ++at)
        bytes.push_back(
            static_cast<std::uint8_t>(row[at] - predict(filter, row[at - pixel], above[at], above[at - pixel])));
    return bytes;
}

std::uint64_t weight_of(const std::vector<std::uint8_t>& bytes) {
    std::uint64_t sum = 0;
    for (std::size_t at = 1; at < bytes.size(); ++at)
        sum += static_cast<std::uint64_t>(std::abs(static_cast<std::int8_t>(bytes[at])));
    return sum;
}

struct Rows {
    Row now{}, above{};
    Rows(unsigned seed, int kind) {
        std::mt19937 random(seed);
        for (std::size_t at = filter_margin; at < filter_margin + longest_row; ++at) {
            const auto noise = static_cast<std::uint8_t>(random());
            above[at] = kind == 0 ? noise : static_cast<std::uint8_t>(at / 3 + noise % 5);
            now[at] = kind == 0 ? static_cast<std::uint8_t>(random())
                                : static_cast<std::uint8_t>(above[at] + kind * static_cast<int>(random() % 3));
        }
    }
    const std::uint8_t* row() const { return now.data() + filter_margin; }
    const std::uint8_t* upper() const { return above.data() + filter_margin; }
};

TEST(Filter, IsTheBestOfTheFive) {
    for (unsigned seed = 0; seed < 40; ++seed)
        for (const std::size_t pixel : {3u, 4u}) {
            const Rows rows(seed, static_cast<int>(seed % 4));
            const std::size_t size = 256 * pixel;
            std::vector<std::uint8_t> filtered(size + 1);
            filter_row(rows.row(), rows.upper(), size, pixel, filtered.data());
            EXPECT_EQ(filtered, plainly(filtered[0], rows.row(), rows.upper(), size, pixel));
            for (int filter = 0; filter < 5; ++filter)
                EXPECT_LE(weight_of(filtered), weight_of(plainly(filter, rows.row(), rows.upper(), size, pixel)));
        }
}

TEST(Filter, IsUndone) {
    for (unsigned seed = 0; seed < 20; ++seed)
        for (const std::size_t pixel : {3u, 4u})
            for (int filter = 0; filter < 5; ++filter) {
                const Rows rows(seed, static_cast<int>(seed % 4));
                const std::size_t size = 256 * pixel;
                auto filtered = plainly(filter, rows.row(), rows.upper(), size, pixel);
                filtered.resize(filtered.size() + filter_margin);
                std::vector<std::uint8_t> back(size);
                ASSERT_TRUE(unfilter_row(filter, filtered.data() + 1, rows.upper(), size, pixel, back.data()));
                EXPECT_EQ(back, std::vector<std::uint8_t>(rows.row(), rows.row() + size));
            }
    std::vector<std::uint8_t> bytes(32);
    EXPECT_FALSE(unfilter_row(5, bytes.data(), bytes.data(), 12, 3, bytes.data()));
}

// Each value against each: of the three that Paeth's filter looks at, all that bytes can be.
TEST(Filter, OfPaethIsRightForAllThatItCanMeet) {
    for (int left = 0; left < 256; left += 3)
        for (int corner = 0; corner < 256; corner += 5) {
            Rows rows(1, 0);
            for (std::size_t at = filter_margin; at < filter_margin + 1024; at += 8)
                for (std::size_t i = 0; i < 4; ++i) {
                    rows.now[at + i] = static_cast<std::uint8_t>(left);
                    rows.now[at + 4 + i] = static_cast<std::uint8_t>(at / 4 + i);
                    rows.above[at + i] = static_cast<std::uint8_t>(corner);
                    rows.above[at + 4 + i] = static_cast<std::uint8_t>(at / 8 * 2 + i);
                }
            auto filtered = plainly(4, rows.row(), rows.upper(), 1024, 4);
            filtered.resize(filtered.size() + filter_margin);
            std::vector<std::uint8_t> back(1024);
            ASSERT_TRUE(unfilter_row(4, filtered.data() + 1, rows.upper(), 1024, 4, back.data()));
            ASSERT_EQ(back, std::vector<std::uint8_t>(rows.row(), rows.row() + 1024));
        }
}

}  // namespace
}  // namespace atelier::pipelines::sky
