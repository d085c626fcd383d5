#include "job/range_expr.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace atelier::job {
namespace {

std::string canonical(const char* text) { return RangeExpr::parse(text).text(); }

TEST(RangeExpr, HasOneForm) {
    EXPECT_EQ(canonical("5"), "5");
    EXPECT_EQ(canonical("1-2"), "1,2");
    EXPECT_EQ(canonical("1-3"), "1-3");
    EXPECT_EQ(canonical("10-1:-3"), "1-10:3");
    EXPECT_EQ(canonical("10-15:2,1-5"), "1-5,10-14:2");
    EXPECT_EQ(canonical("-10--2:4"), "-10--2:4");
    EXPECT_EQ(canonical(" 1 -\t3 , 4 "), "1-4");
    EXPECT_EQ(canonical("1,3,5,6,7"), "1-5:2,6,7");
    EXPECT_EQ(canonical("1-7:2,9-13:2"), "1-13:2") << "parts that go on as one become one";
    EXPECT_EQ(canonical("5-5"), "5");
}

TEST(RangeExpr, OverlapsAreOfWhatIsWritten) {
    EXPECT_THROW(RangeExpr::parse("1-10:4,10-15"), Error) << "9 is the last value, but 10 was written";
    EXPECT_THROW(RangeExpr::parse("1-9:2,2-8:2"), Error);
    EXPECT_THROW(RangeExpr::parse("3,3"), Error);
    EXPECT_THROW(RangeExpr::parse("10-1:-2,1"), Error);
    EXPECT_EQ(RangeExpr::parse("1-9:4,10").size(), 4u);
}

TEST(RangeExpr, HugeOnesCostNothing) {
    const RangeExpr range = RangeExpr::parse("1-100000000000,200000000000-300000000000:7");
    EXPECT_EQ(range.intervals().size(), 2u);
    EXPECT_EQ(range.size(), 100000000000u + 14285714286u);
    EXPECT_EQ(range.at(99999999999u), 100000000000);
    EXPECT_EQ(range.at(100000000000u), 200000000000);
    EXPECT_EQ(range.slice(99999999999u, 3).text(), "100000000000,200000000000,200000000007");
    EXPECT_EQ(RangeExpr::parse("-4611686018427387903-4611686018427387903").size(), 9223372036854775807u);
}

TEST(RangeExpr, BordersAreChecked) {
    for (const char* text : {"", " ", "4611686018427387904", "99999999999999999999999", "1-2:0", "5-1", "1-5:-1", "1 2",
                             "1,", ",1", "+1", "1.5", "0x1", "1-2-3", "1-10:2:3", "1\n"})
        EXPECT_THROW(RangeExpr::parse(text), Error) << text;
    const RangeExpr range = RangeExpr::parse("1-5");
    EXPECT_THROW(range.at(5), Error);
    EXPECT_THROW(range.slice(0, 0), Error);
    EXPECT_THROW(range.slice(3, 3), Error);
    EXPECT_THROW(range.slice(5, 1), Error);
}

TEST(RangeExpr, FromValues) {
    EXPECT_EQ(RangeExpr::from_values({5, 1, 3, 3, 1}).text(), "1-5:2");
    EXPECT_EQ(RangeExpr::from_values({1, 2, 3, 5, 7, 8, 9}).text(), "1-3,5,7-9");
    EXPECT_THROW(RangeExpr::from_values({}), Error);
    EXPECT_THROW(RangeExpr::from_values({range_bound}), Error);
}

// Slices of every place and length are what the values say.
TEST(RangeExpr, SlicesAgreeWithTheValues) {
    const RangeExpr range = RangeExpr::parse("1-4,6,9-21:3,30-32");
    for (std::uint64_t begin = 0; begin < range.size(); ++begin) {
        for (std::uint64_t count = 1; begin + count <= range.size(); ++count) {
            std::vector<std::int64_t> values;
            for (std::uint64_t i = 0; i < count; ++i)
                values.push_back(range.at(begin + i));
            EXPECT_EQ(range.slice(begin, count).text(), RangeExpr::from_values(values).text());
        }
    }
}

}  // namespace
}  // namespace atelier::job
