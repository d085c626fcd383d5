// Integer range expressions, "1-10,20-100:5": never expanded, so "1-100000000000" costs nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::job {

class RangeExpr {
public:
    struct Interval {
        std::int64_t first = 0;
        std::int64_t last = 0;  // reached exactly; first <= last
        std::int64_t step = 1;  // > 0
        std::uint64_t size() const;
    };

    static RangeExpr parse(std::string_view text);  // throws Error::invalid
    static RangeExpr from_values(
        std::vector<std::int64_t> values);  // sorted, without duplicates; throws on an empty list

    std::uint64_t size() const;
    std::int64_t at(std::uint64_t index) const;  // ascending
    std::string text() const;                    // canonical
    const std::vector<Interval>& intervals() const { return intervals_; }

private:
    std::vector<Interval> intervals_;  // ascending, not overlapping
    std::vector<std::uint64_t> ends_;  // running sums of the sizes
};

}  // namespace atelier::job
