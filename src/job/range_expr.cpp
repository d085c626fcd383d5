#include "job/range_expr.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace atelier::job {

namespace {

using Interval = RangeExpr::Interval;

[[noreturn]] void refuse(const std::string& message) { throw Error(Error::Kind::invalid, message); }

// An element as it was written. Two elements may not overlap even where their steps would miss each other.
struct Element {
    std::int64_t low = 0;
    std::int64_t high = 0;
    Interval interval;
};

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    std::vector<Element> elements() {
        std::vector<Element> elements;
        for (;;) {
            elements.push_back(element());
            skip_blanks();
            if (at_ == text_.size()) return elements;
            if (text_[at_] != ',') fail("\",\" is expected");
            ++at_;
        }
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        refuse(fmt::format("not a range expression: {} at character {}", what, at_ + 1));
    }

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'))
            ++at_;
    }

    bool take(char letter) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != letter) return false;
        ++at_;
        return true;
    }

    std::int64_t integer() {
        skip_blanks();
        std::int64_t value = 0;
        const auto [end, problem] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (problem == std::errc::invalid_argument) fail("a number is expected");
        if (problem != std::errc{} || value >= range_bound || value <= -range_bound) fail("the number is too large");
        at_ = static_cast<std::size_t>(end - text_.data());
        return value;
    }

    Element element() {
        const std::int64_t first = integer();
        if (!take('-')) return {first, first, {first, first, 1}};
        const std::int64_t last = integer();
        const std::int64_t step = take(':') ? integer() : 1;
        if (step == 0) refuse("the step of a range must not be 0");
        if (step > 0 && last < first)
            refuse(fmt::format("the range {}-{} goes down: its step must be negative", first, last));
        if (step < 0 && last > first)
            refuse(fmt::format("the range {}-{} goes up: its step must be positive", first, last));
        if (step > 0) return {first, last, {first, last - (last - first) % step, step}};
        return {last, first, {first - (first - last) / -step * -step, first, -step}};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// Walks over the values of ascending intervals, in leaps.
class Walk {
public:
    explicit Walk(const std::vector<Interval>& intervals) : intervals_(&intervals) {}

    bool done() const { return at_ == intervals_->size(); }
    std::int64_t value() const { return (*intervals_)[at_].first + offset_ * (*intervals_)[at_].step; }

    void next() {
        if (value() == (*intervals_)[at_].last) {
            ++at_;
            offset_ = 0;
        } else {
            ++offset_;
        }
    }

    // Goes on while the next value is the step away; returns the last one reached. Stands behind it afterwards.
    std::int64_t follow(std::int64_t step) {
        for (;;) {
            const Interval& interval = (*intervals_)[at_];
            if (interval.step == step) offset_ = (interval.last - interval.first) / step;
            const std::int64_t reached = value();
            next();
            if (done() || value() != reached + step) return reached;
        }
    }

private:
    const std::vector<Interval>* intervals_;
    std::size_t at_ = 0;
    std::int64_t offset_ = 0;
};

// The one form of a set of values: from the left, as many as follow each other by one step, if they are three or more.
std::vector<Interval> canonical(const std::vector<Interval>& ascending) {
    std::vector<Interval> result;
    for (Walk walk(ascending); !walk.done();) {
        const std::int64_t first = walk.value();
        Walk ahead = walk;
        ahead.next();
        if (!ahead.done()) {
            const std::int64_t step = ahead.value() - first;
            const std::int64_t second = ahead.value();
            const std::int64_t last = ahead.follow(step);
            if (last != second) {
                result.push_back({first, last, step});
                walk = ahead;
                continue;
            }
        }
        result.push_back({first, first, 1});
        walk.next();
    }
    return result;
}

}  // namespace

std::uint64_t RangeExpr::Interval::size() const { return static_cast<std::uint64_t>((last - first) / step) + 1; }

RangeExpr::RangeExpr(const std::vector<Interval>& ascending) : intervals_(canonical(ascending)) {
    ends_.reserve(intervals_.size());
    std::uint64_t end = 0;
    for (const Interval& interval : intervals_)
        ends_.push_back(end += interval.size());
}

RangeExpr RangeExpr::parse(std::string_view text) {
    std::vector<Element> elements = Parser(text).elements();
    std::sort(elements.begin(), elements.end(), [](const Element& a, const Element& b) { return a.low < b.low; });
    std::vector<Interval> intervals;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i > 0 && elements[i].low <= elements[i - 1].high)
            refuse(fmt::format("two parts of the range overlap at {}", elements[i].low));
        intervals.push_back(elements[i].interval);
    }
    return RangeExpr(intervals);
}

RangeExpr RangeExpr::from_values(std::vector<std::int64_t> values) {
    if (values.empty()) refuse("a range must have at least one value");
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.front() <= -range_bound || values.back() >= range_bound) refuse("a value of the range is too large");
    std::vector<Interval> intervals;
    intervals.reserve(values.size());
    for (const std::int64_t value : values)
        intervals.push_back({value, value, 1});
    return RangeExpr(intervals);
}

std::uint64_t RangeExpr::size() const { return ends_.empty() ? 0 : ends_.back(); }

std::int64_t RangeExpr::at(std::uint64_t index) const {
    if (index >= size()) refuse(fmt::format("the range has {} values, not {}", size(), index));
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    const Interval& interval = intervals_[static_cast<std::size_t>(end - ends_.begin())];
    const std::uint64_t begin = *end - interval.size();
    return interval.first + static_cast<std::int64_t>(index - begin) * interval.step;
}

RangeExpr RangeExpr::slice(std::uint64_t index, std::uint64_t count) const {
    if (count == 0 || index >= size() || count > size() - index) refuse("the slice doesn't lie in the range");
    std::vector<Interval> parts;
    auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    for (auto i = static_cast<std::size_t>(end - ends_.begin()); count > 0; ++i) {
        const Interval& interval = intervals_[i];
        const std::uint64_t skipped = index - (ends_[i] - interval.size());
        const std::uint64_t taken = std::min(count, interval.size() - skipped);
        const std::int64_t first = interval.first + static_cast<std::int64_t>(skipped) * interval.step;
        parts.push_back({first, first + static_cast<std::int64_t>(taken - 1) * interval.step, interval.step});
        index += taken;
        count -= taken;
    }
    return RangeExpr(parts);
}

std::string RangeExpr::text() const {
    std::string text;
    for (const Interval& interval : intervals_) {
        if (!text.empty()) text += ',';
        text += std::to_string(interval.first);
        if (interval.first == interval.last) continue;
        text += fmt::format("-{}", interval.last);
        if (interval.step != 1) text += fmt::format(":{}", interval.step);
    }
    return text;
}

}  // namespace atelier::job
