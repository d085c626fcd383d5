#include "pipelines/sky/pyramid/png_filter.h"

#include <array>
#include <cstdlib>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace atelier::pipelines::sky {
namespace {

constexpr int filters = 5;  // none, sub, up, average, paeth

std::uint8_t paeth(int left, int above, int corner) {
    const int by_left = std::abs(above - corner), by_above = std::abs(left - corner);
    const int by_corner = std::abs(left + above - 2 * corner);
    if (by_left <= by_above && by_left <= by_corner) return static_cast<std::uint8_t>(left);
    return static_cast<std::uint8_t>(by_above <= by_corner ? above : corner);
}

struct Candidates {
    std::array<std::array<std::uint8_t, longest_row + filter_margin>, filters> rows;
    std::array<std::uint64_t, filters> sums;
};

#if defined(__SSE2__)

__m128i load(const std::uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }

__m128i distance(__m128i one, __m128i other) {
    return _mm_or_si128(_mm_subs_epu8(one, other), _mm_subs_epu8(other, one));
}

__m128i choose(__m128i where, __m128i one, __m128i other) {
    return _mm_or_si128(_mm_and_si128(where, one), _mm_andnot_si128(where, other));
}

__m128i at_most(__m128i one, __m128i other) { return _mm_cmpeq_epi8(_mm_min_epu8(one, other), one); }

// Where the corner lies between the two, its distance to left + above - corner is the difference of theirs to it;
// elsewhere it is their sum, and then one of the two is as near at least.
__m128i paeth(__m128i left, __m128i above, __m128i corner) {
    const __m128i by_left = distance(above, corner), by_above = distance(left, corner);
    const __m128i between = _mm_xor_si128(at_most(corner, left), at_most(corner, above));
    const __m128i by_corner = choose(between, distance(by_left, by_above), _mm_adds_epu8(by_left, by_above));
    const __m128i take_left = _mm_and_si128(at_most(by_left, by_above), at_most(by_left, by_corner));
    return choose(take_left, left, choose(at_most(by_above, by_corner), above, corner));
}

__m128i average(__m128i left, __m128i above) {
    const __m128i odd = _mm_and_si128(_mm_xor_si128(left, above), _mm_set1_epi8(1));
    return _mm_sub_epi8(_mm_avg_epu8(left, above), odd);
}

// The sum of the differences, taken as numbers with a sign.
__m128i sum_of(__m128i difference) {
    const __m128i size = _mm_min_epu8(difference, _mm_sub_epi8(_mm_setzero_si128(), difference));
    return _mm_sad_epu8(size, _mm_setzero_si128());
}

void try_filters(const std::uint8_t* row, const std::uint8_t* above, std::size_t size, std::size_t pixel,
                 Candidates& found) {
    __m128i sums[filters] = {};  // std::array drops a vector's alignment
    for (std::size_t at = 0; at < size; at += 16) {
        const __m128i value = load(row + at), left = load(row + at - pixel), up = load(above + at);
        const __m128i corner = load(above + at - pixel);
        const __m128i differences[filters] = {value, _mm_sub_epi8(value, left), _mm_sub_epi8(value, up),
                                              _mm_sub_epi8(value, average(left, up)),
                                              _mm_sub_epi8(value, paeth(left, up, corner))};
        for (std::size_t filter = 0; filter < filters; ++filter) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(found.rows[filter].data() + at), differences[filter]);
            sums[filter] = _mm_add_epi64(sums[filter], sum_of(differences[filter]));
        }
    }
    for (std::size_t filter = 0; filter < filters; ++filter) {
        alignas(16) std::array<std::uint64_t, 2> halves;
        _mm_store_si128(reinterpret_cast<__m128i*>(halves.data()), sums[filter]);
        found.sums[filter] = halves[0] + halves[1];
    }
}

__m128i load_pixel(const std::uint8_t* from) {
    int pixel;
    std::memcpy(&pixel, from, sizeof pixel);
    return _mm_cvtsi32_si128(pixel);
}

template <int filter>
__m128i predict(__m128i left, __m128i above, __m128i corner) {
    if constexpr (filter == 1) return left;
    if constexpr (filter == 2) return above;
    if constexpr (filter == 3) return average(left, above);
    return paeth(left, above, corner);
}

// A pixel after the other, its channels at once.
template <int filter, std::size_t pixel>
void unfilter(const std::uint8_t* from, const std::uint8_t* above, std::size_t size, std::uint8_t* to) {
    __m128i left = _mm_setzero_si128(), corner = left;
    for (std::size_t at = 0; at < size; at += pixel) {
        const __m128i up = load_pixel(above + at);
        left = _mm_add_epi8(load_pixel(from + at), predict<filter>(left, up, corner));
        corner = up;
        const int value = _mm_cvtsi128_si32(left);
        std::memcpy(to + at, &value, pixel);
    }
}

#else

void try_filters(const std::uint8_t* row, const std::uint8_t* above, std::size_t size, std::size_t pixel,
                 Candidates& found) {
    for (int filter = 0; filter < filters; ++filter) {
        auto& candidate = found.rows[static_cast<std::size_t>(filter)];
        std::uint64_t sum = 0;
        for (std::size_t at = 0; at < size; ++at) {
            candidate[at] =
                static_cast<std::uint8_t>(row[at] - predict(filter, row[at - pixel], above[at], above[at - pixel]));
            sum += static_cast<std::uint64_t>(std::abs(static_cast<std::int8_t>(candidate[at])));
        }
        found.sums[static_cast<std::size_t>(filter)] = sum;
    }
}

template <int filter, std::size_t pixel>
void unfilter(const std::uint8_t* from, const std::uint8_t* above, std::size_t size, std::uint8_t* to) {
    for (std::size_t at = 0; at < size; ++at) {
        const bool first = at < pixel;
        to[at] = static_cast<std::uint8_t>(
            from[at] + predict(filter, first ? 0 : to[at - pixel], above[at], first ? 0 : above[at - pixel]));
    }
}

#endif

template <int filter>
void unfilter(const std::uint8_t* from, const std::uint8_t* above, std::size_t size, std::size_t pixel,
              std::uint8_t* to) {
    pixel == 3 ? unfilter<filter, 3>(from, above, size, to) : unfilter<filter, 4>(from, above, size, to);
}

}  // namespace

std::uint8_t predict(int filter, int left, int above, int corner) {
    switch (filter) {
        case 1: return static_cast<std::uint8_t>(left);
        case 2: return static_cast<std::uint8_t>(above);
        case 3: return static_cast<std::uint8_t>((left + above) / 2);
        case 4: return paeth(left, above, corner);
        default: return 0;
    }
}

void filter_row(const std::uint8_t* row, const std::uint8_t* above, std::size_t size, std::size_t pixel,
                std::uint8_t* to) {
    Candidates found;
    try_filters(row, above, size, pixel, found);
    std::size_t best = 0;
    for (std::size_t filter = 1; filter < filters; ++filter)
        if (found.sums[filter] < found.sums[best]) best = filter;
    to[0] = static_cast<std::uint8_t>(best);
    std::memcpy(to + 1, found.rows[best].data(), size);
}

bool unfilter_row(int filter, const std::uint8_t* from, const std::uint8_t* above, std::size_t size, std::size_t pixel,
                  std::uint8_t* to) {
    switch (filter) {
        case 0: std::memcpy(to, from, size); return true;
        case 1: unfilter<1>(from, above, size, pixel, to); return true;
        case 2: unfilter<2>(from, above, size, pixel, to); return true;
        case 3: unfilter<3>(from, above, size, pixel, to); return true;
        case 4: unfilter<4>(from, above, size, pixel, to); return true;
        default: return false;
    }
}

}  // namespace atelier::pipelines::sky
