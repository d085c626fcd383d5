// Integer range expressions, "1-10,20-100:5": never expanded, so "1-100000000000" costs nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::job {

// Values and steps are smaller than this in size, so that sums and differences of two never overflow.
constexpr std::int64_t range_bound = std::int64_t{1} << 62;

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
    RangeExpr slice(std::uint64_t index,
                    std::uint64_t count) const;  // within the size, count > 0; as an expression of its own
    const std::vector<Interval>& intervals() const { return intervals_; }

private:
    explicit RangeExpr(const std::vector<Interval>& ascending);

    std::vector<Interval> intervals_;  // ascending, not overlapping; one value, or three and more
    std::vector<std::uint64_t> ends_;  // running sums of the sizes
};

}  // namespace atelier::job
