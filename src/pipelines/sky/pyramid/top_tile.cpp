#include "pipelines/sky/pyramid/top_tile.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "pipelines/sky/pixels/thumbnail.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double least = 0.005, greatest = 0.995;
constexpr std::size_t enough = std::size_t{tile_side} * tile_side / 16;

template <class Value>
void numbers_as(const TilePixels& tile, std::vector<double>& numbers) {
    for (std::size_t at = 0; at + sizeof(Value) <= tile.bytes.size(); at += sizeof(Value)) {
        Value value;
        std::memcpy(&value, &tile.bytes[at], sizeof value);
        numbers.push_back(static_cast<double>(value));
    }
}

std::vector<double> numbers_of(const TilePixels& tile) {
    std::vector<double> numbers;
    switch (tile.mode) {
        case Mode::u8: numbers_as<std::uint8_t>(tile, numbers); break;
        case Mode::i16: numbers_as<std::int16_t>(tile, numbers); break;
        case Mode::i32: numbers_as<std::int32_t>(tile, numbers); break;
        case Mode::f32: numbers_as<float>(tile, numbers); break;
        case Mode::f64: numbers_as<double>(tile, numbers); break;
        case Mode::rgb:
        case Mode::rgba: break;
    }
    return numbers;
}

// Between two numbers that stand beside each other in order, in proportion.
double quantile(const std::vector<double>& sorted, double part) {
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto before = static_cast<std::size_t>(place);
    const double rest = place - static_cast<double>(before);
    const double low = sorted[before], high = sorted[std::min(before + 1, sorted.size() - 1)];
    return rest < 0.5 ? low + (high - low) * rest : high - (high - low) * (1 - rest);
}

std::size_t count_of(const TilePixels& tile) {
    const std::vector<double> numbers = numbers_of(tile);
    return static_cast<std::size_t>(
        std::count_if(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); }));
}

}  // namespace

std::optional<TilePixels> telling_tile(const TileFolder& folder) {
    Tile at;
    auto best = folder.read(at);
    for (std::size_t count = best ? count_of(*best) : 0; best && count < enough;) {
        std::optional<TilePixels> next;
        Tile next_at;
        std::size_t most = 0;
        for (int which = 0; which < 4; ++which) {
            auto child = folder.read(at.child(which));
            const std::size_t has = child ? count_of(*child) : 0;
            if (has <= most) continue;
            most = has;
            next = std::move(child);
            next_at = at.child(which);
        }
        if (!next) return best;
        best = std::move(next);
        at = next_at;
        count = most;
    }
    return best;
}

std::optional<Cuts> cuts_of(const TilePixels& tile) {
    std::vector<double> numbers = numbers_of(tile);
    std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
    if (numbers.empty()) return std::nullopt;
    std::sort(numbers.begin(), numbers.end());
    return Cuts{quantile(numbers, least), quantile(numbers, greatest)};
}

std::string thumbnail_of(const TilePixels& tile, const TilePart& part, const Cuts& cuts) {
    const std::vector<double> numbers = numbers_of(tile);
    ThumbnailMaker maker(part.width, part.height, Mode::rgb);
    std::vector<std::byte> row(static_cast<std::size_t>(part.width) * 3);
    for (int y = part.top; y < part.top + part.height; ++y) {
        for (int x = 0; x < part.width; ++x) {
            const double number = numbers.at(static_cast<std::size_t>(y * tile_side + part.left + x));
            const double light = cuts.high > cuts.low ? (number - cuts.low) / (cuts.high - cuts.low) : 1;
            const auto grey = std::isnan(number)
                                  ? std::byte{0}
                                  : static_cast<std::byte>(std::lround(std::clamp(light, 0.0, 1.0) * 255));
            std::fill_n(row.begin() + 3 * x, 3, grey);
        }
        maker.add(row.data());
    }
    return maker.jpeg();
}

}  // namespace atelier::pipelines::sky
