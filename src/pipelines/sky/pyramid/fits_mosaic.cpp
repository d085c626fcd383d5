#include "pipelines/sky/pyramid/fits_mosaic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include "base/error.h"
#include "pipelines/sky/pixels/fits_rows.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double alike = 1e-9;  // of directions in degrees, of scales in parts
constexpr int largest_mosaic = 1'000'000;

MosaicPart read_part(const std::filesystem::path& path, const MosaicOptions& options) {
    const auto about_this = [&](const Error& error) {
        return Error(error.kind(), fmt::format("{}: {}", path.string(), error.what()), error.hint());
    };
    const FitsFile file(path);
    try {
        MosaicPart part;
        part.path = path;
        part.unit = options.unit ? *options.unit : image_unit(file);
        if (part.unit >= file.units().size() || !file.units()[part.unit].is_image)
            throw Error(Error::Kind::invalid, fmt::format("its unit {} is no image", part.unit));
        const FitsUnit& unit = file.units()[part.unit];
        part.width = unit.width;
        part.height = unit.height;
        part.mode = mode_of_values(unit.value_type());
        const Wcs wcs = read_wcs(unit.header, options.key);
        part.reversed = !wcs.top_down();
        part.wcs = part.reversed ? wcs.flipped(unit.height) : wcs;
        return part;
    } catch (const Error& error) {
        throw about_this(error);
    }
}

bool are_alike(const Wcs& one, const Wcs& other) {
    const double scale = std::sqrt(std::abs(one.determinant()));
    const auto near = [](double a, double b, double unit) { return std::abs(a - b) <= alike * unit; };
    return near(one.crval1, other.crval1, 1) && near(one.crval2, other.crval2, 1) &&
           near(one.cd11, other.cd11, scale) && near(one.cd12, other.cd12, scale) &&
           near(one.cd21, other.cd21, scale) && near(one.cd22, other.cd22, scale);
}

// One that holds the numbers of both.
Mode common_mode(Mode one, Mode other) {
    if (one == other) return one;
    const auto is_small = [](Mode mode) { return mode == Mode::u8 || mode == Mode::i16 || mode == Mode::f32; };
    return is_small(one) && is_small(other) ? Mode::f32 : Mode::f64;
}

double number_of(const std::byte* at, Mode mode) {
    const auto number = [&]<class Value>(Value value) {
        std::memcpy(&value, at, sizeof value);
        return static_cast<double>(value);
    };
    switch (mode) {
        case Mode::u8: return number(std::uint8_t{});
        case Mode::i16: return number(std::int16_t{});
        case Mode::i32: return number(std::int32_t{});
        case Mode::f32: return number(float{});
        default: return number(double{});
    }
}

template <class Value>
void fill(std::byte* row, std::size_t count, Value value) {
    for (std::size_t i = 0; i < count; ++i)
        std::memcpy(row + i * sizeof value, &value, sizeof value);
}

void clear(std::byte* row, std::size_t count, Mode mode) {
    if (mode == Mode::f32)
        fill(row, count, std::numeric_limits<float>::quiet_NaN());
    else if (mode == Mode::f64)
        fill(row, count, std::numeric_limits<double>::quiet_NaN());
    else
        std::memset(row, 0, count * pixel_bytes(mode));
}

// Those that are numbers; of the same type, and of whole ones all.
template <class Value>
void put_numbers(const std::byte* from, std::size_t count, std::byte* to) {
    for (std::size_t i = 0; i < count; ++i) {
        Value value;
        std::memcpy(&value, from + i * sizeof value, sizeof value);
        if (!std::isnan(value)) std::memcpy(to + i * sizeof value, &value, sizeof value);
    }
}

void put(const std::byte* from, Mode mode, std::size_t count, std::byte* to, Mode as) {
    if (mode == as && mode == Mode::f32) return put_numbers<float>(from, count, to);
    if (mode == as && mode == Mode::f64) return put_numbers<double>(from, count, to);
    if (mode == as) {
        std::memcpy(to, from, count * pixel_bytes(mode));
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const double value = number_of(from + i * pixel_bytes(mode), mode);
        if (std::isnan(value)) continue;
        const auto single = static_cast<float>(value);
        if (as == Mode::f32)
            std::memcpy(to + i * sizeof single, &single, sizeof single);
        else
            std::memcpy(to + i * sizeof value, &value, sizeof value);
    }
}

}  // namespace

std::vector<MosaicPart> read_parts(const std::vector<std::filesystem::path>& paths, const MosaicOptions& options) {
    std::vector<MosaicPart> parts;
    for (const auto& path : paths)
        parts.push_back(read_part(path, options));
    return parts;
}

bool share_a_plane(const std::vector<MosaicPart>& parts) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](const MosaicPart& part) { return are_alike(parts.front().wcs, part.wcs); });
}

struct FitsMosaic::State {
    std::vector<MosaicPart> parts;
    std::vector<std::unique_ptr<FitsFile>> files;  // open while their rows are wanted
    Wcs wcs;
    int next = 0;
    std::vector<std::byte> row;

    // The places of all, and the size of the whole.
    std::pair<int, int> lay_out() {
        double left = 0, top = 0, right = 0, bottom = 0;
        for (const MosaicPart& part : parts) {
            const bool first = &part == &parts.front();
            const double x = 1 - part.wcs.crpix1, y = 1 - part.wcs.crpix2;
            left = first ? x : std::min(left, x);
            top = first ? y : std::min(top, y);
            right = first ? x + part.width - 1 : std::max(right, x + part.width - 1);
            bottom = first ? y + part.height - 1 : std::max(bottom, y + part.height - 1);
        }
        if (!(right - left < largest_mosaic && bottom - top < largest_mosaic))
            throw Error(
                Error::Kind::invalid,
                fmt::format("together they would be {:.0f} x {:.0f} pixels large", right - left + 1, bottom - top + 1),
                "Tile those that lie far from each other apart.");
        for (MosaicPart& part : parts) {
            part.left = static_cast<int>(std::floor(1 - part.wcs.crpix1 - left));
            part.top = static_cast<int>(std::floor(1 - part.wcs.crpix2 - top));
        }
        wcs = parts.front().wcs;
        wcs.crpix1 = 1 - left;
        wcs.crpix2 = 1 - top;
        wcs.width = static_cast<int>(right - left) + 1;
        wcs.height = static_cast<int>(bottom - top) + 1;
        return {wcs.width, wcs.height};
    }
};

FitsMosaic::FitsMosaic(std::vector<MosaicPart> parts) : state_(std::make_unique<State>()) {
    if (parts.empty()) throw Error(Error::Kind::invalid, "there is no image to tile");
    for (const MosaicPart& part : parts)
        if (!are_alike(parts.front().wcs, part.wcs))
            throw Error(Error::Kind::invalid,
                        fmt::format("{} and {} don't share a tangential plane", parts.front().path.string(),
                                    part.path.string()),
                        "Tile them to TOAST, or reproject them to one plane.");
    mode_ = parts.front().mode;
    for (const MosaicPart& part : parts)
        mode_ = common_mode(mode_, part.mode);
    state_->parts = std::move(parts);
    state_->files.resize(state_->parts.size());
    std::tie(width_, height_) = state_->lay_out();
}

FitsMosaic::~FitsMosaic() = default;

const Wcs& FitsMosaic::wcs() const { return state_->wcs; }

void FitsMosaic::read(std::byte* row) {
    State& state = *state_;
    const int y = state.next++;
    clear(row, static_cast<std::size_t>(width_), mode_);
    for (std::size_t i = 0; i < state.parts.size(); ++i) {
        const MosaicPart& part = state.parts[i];
        const int within = y - part.top;
        if (within < 0 || within >= part.height) continue;
        auto& file = state.files[i];
        if (!file) file = std::make_unique<FitsFile>(part.path);
        // The file may have been changed since its header was read.
        if (part.unit >= file->units().size() || file->units()[part.unit].width != part.width ||
            mode_of_values(file->units()[part.unit].value_type()) != part.mode)
            throw Error(Error::Kind::invalid, part.path.string() + " was changed while it was read");
        state.row.resize(static_cast<std::size_t>(part.width) * pixel_bytes(part.mode));
        file->read_values(part.unit, part.reversed ? part.height - 1 - within : within, state.row.data());
        const int width = std::min(part.width, width_ - part.left);
        put(state.row.data(), part.mode, static_cast<std::size_t>(width),
            row + static_cast<std::size_t>(part.left) * pixel_bytes(mode_), mode_);
        if (within == part.height - 1) file.reset();
    }
}

}  // namespace atelier::pipelines::sky
