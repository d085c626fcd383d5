// HEALPix pixels from a FITS table.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/pyramid/healpix.h"
#include "pipelines/sky/pyramid/sky_source.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double unseen = -1.6375e30;

struct Layout {
    std::size_t unit = 0;
    std::int64_t nside = 0;
    HealpixOrder order = HealpixOrder::ring;
    Frame frame = Frame::icrs;
};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw Error(Error::Kind::invalid, path.string() + " " + why);
}

Frame frame_of(const FitsHeader& header, bool galactic) {
    const std::string system = std::string(trim(header.text("COORDSYS").value_or("C")));
    if (galactic || system.starts_with('G') || system.starts_with('g')) return Frame::galactic;
    return system.starts_with('E') || system.starts_with('e') ? Frame::ecliptic : Frame::icrs;
}

Layout layout_of(const std::filesystem::path& path, const FitsFile& file, const HealpixReading& reading) {
    for (std::size_t unit = 0; unit < file.units().size(); ++unit) {
        const FitsHeader& header = file.units()[unit].header;
        if (trim(header.text("PIXTYPE").value_or("")) != "HEALPIX") continue;
        if (trim(header.text("INDXSCHM").value_or("IMPLICIT")) == "EXPLICIT")
            refuse(path, "lists its HEALPix pixels one by one, which can't be read: make a full map of it first");
        const std::string order = lower(trim(header.text("ORDERING").value_or("")));
        if (order != "ring" && order != "nested" && order != "nest")
            refuse(path, "doesn't say by ORDERING whether its pixels are in RING or NESTED order");
        return {unit, header.whole("NSIDE").value_or(0), order == "ring" ? HealpixOrder::ring : HealpixOrder::nested,
                frame_of(header, reading.galactic)};
    }
    throw Error(Error::Kind::invalid, path.string() + " has no table of HEALPix pixels (PIXTYPE is HEALPIX)");
}

Mode mode_of(FitsType type) {
    switch (type) {
        case FitsType::u8: return Mode::u8;
        case FitsType::i16: return Mode::i16;
        case FitsType::i32: return Mode::i32;
        case FitsType::f32: return Mode::f32;
        default: return Mode::f64;
    }
}

template <class Value>
std::vector<std::byte> stored_as(const std::vector<double>& numbers) {
    std::vector<std::byte> bytes(numbers.size() * sizeof(Value));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto value = static_cast<Value>(numbers[i]);
        std::memcpy(&bytes[i * sizeof value], &value, sizeof value);
    }
    return bytes;
}

std::vector<std::byte> stored(Mode mode, const std::vector<double>& numbers) {
    switch (mode) {
        case Mode::u8: return stored_as<std::uint8_t>(numbers);
        case Mode::i16: return stored_as<std::int16_t>(numbers);
        case Mode::i32: return stored_as<std::int32_t>(numbers);
        case Mode::f32: return stored_as<float>(numbers);
        default: return stored_as<double>(numbers);
    }
}

void blank_unseen(std::vector<double>& numbers) {
    for (double& number : numbers)
        if (std::fabs(number - unseen) <= 1e-5 * std::fabs(unseen)) number = std::numeric_limits<double>::quiet_NaN();
}

class Healpix : public SkySource {
public:
    Healpix(const Layout& layout, Mode mode, const std::vector<double>& numbers)
        : sampler_(layout.nside, layout.order, layout.frame), values_(stored(mode, numbers)) {
        mode_ = mode;
        resolution_ = 58.632 / static_cast<double>(layout.nside);  // the root of a pixel's area
    }

    void look(const Directions& directions, const ExactPosition& exact, std::byte* values) const override {
        thread_local std::vector<std::int64_t> found;
        sampler_.at(directions, exact, found);
        const std::size_t size = pixel_bytes(mode_);
        for (std::size_t i = 0; i < found.size(); ++i)
            std::memcpy(values + i * size, &values_[static_cast<std::size_t>(found[i]) * size], size);
    }

private:
    HealpixSampler sampler_;
    std::vector<std::byte> values_;
};

}  // namespace

std::unique_ptr<SkySource> open_healpix(const std::filesystem::path& path, const HealpixReading& reading) {
    FitsFile file(path);
    Layout layout = layout_of(path, file, reading);
    const Mode mode = mode_of(file.column_type(layout.unit, 0));
    std::vector<double> numbers = file.read_column(layout.unit, 0);
    if (layout.nside == 0)
        layout.nside = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(numbers.size()) / 12)));
    check_nside(layout.nside, layout.order);
    if (numbers.size() != static_cast<std::uint64_t>(12 * layout.nside * layout.nside))
        refuse(path, "has " + std::to_string(numbers.size()) + " HEALPix pixels, and not the " +
                         std::to_string(12 * layout.nside * layout.nside) + " of NSIDE " +
                         std::to_string(layout.nside));
    if (!reading.compatible && (mode == Mode::f32 || mode == Mode::f64)) blank_unseen(numbers);
    return std::make_unique<Healpix>(layout, mode, numbers);
}

}  // namespace atelier::pipelines::sky
