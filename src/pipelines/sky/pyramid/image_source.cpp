// An image of a part of the sky, in the tangential projection.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "pipelines/sky/pyramid/sky_source.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double degree = std::numbers::pi / 180;

using Vector = std::array<double, 3>;

double dot(const Vector& one, double x, double y, double z) { return one[0] * x + one[1] * y + one[2] * z; }

Mode kept_as(Mode mode) {
    if (is_picture(mode)) return Mode::rgba;
    return mode == Mode::f64 ? Mode::f64 : Mode::f32;
}

template <class From>
void to_floats(const std::byte* row, std::size_t count, std::byte* to) {
    for (std::size_t i = 0; i < count; ++i) {
        From value;
        std::memcpy(&value, row + i * sizeof value, sizeof value);
        const auto kept = static_cast<float>(value);
        std::memcpy(to + i * sizeof kept, &kept, sizeof kept);
    }
}

void keep(Mode mode, const std::byte* row, std::size_t count, std::byte* to) {
    switch (mode) {
        case Mode::rgb:
            for (std::size_t i = 0; i < count; ++i) {
                std::memcpy(to + 4 * i, row + 3 * i, 3);
                to[4 * i + 3] = std::byte{0xff};
            }
            return;
        case Mode::u8: return to_floats<std::uint8_t>(row, count, to);
        case Mode::i16: return to_floats<std::int16_t>(row, count, to);
        case Mode::i32: return to_floats<std::int32_t>(row, count, to);
        default: std::memcpy(to, row, count * pixel_bytes(mode));
    }
}

std::vector<std::byte> no_value(Mode mode) {
    std::vector<std::byte> value(pixel_bytes(mode));
    const float single = std::numeric_limits<float>::quiet_NaN();
    const double precise = std::numeric_limits<double>::quiet_NaN();
    if (mode == Mode::f32) std::memcpy(value.data(), &single, sizeof single);
    if (mode == Mode::f64) std::memcpy(value.data(), &precise, sizeof precise);
    return value;
}

// From directions to pixels.
struct Plane {
    Vector east, north, out;  // of the point that the plane touches
    double inverse[4];        // from degrees on the plane to pixels
    double x0, y0;            // that point, in pixels from 0

    explicit Plane(const Wcs& wcs) : x0(wcs.crpix1 - 1), y0(wcs.crpix2 - 1) {
        const double lon = wcs.crval1 * degree, lat = wcs.crval2 * degree;
        east = {-std::sin(lon), std::cos(lon), 0};
        north = {-std::sin(lat) * std::cos(lon), -std::sin(lat) * std::sin(lon), std::cos(lat)};
        out = direction_of({lon, lat});
        const double scale = 1 / wcs.determinant();
        const double all[] = {wcs.cd22 * scale, -wcs.cd12 * scale, -wcs.cd21 * scale, wcs.cd11 * scale};
        std::copy(std::begin(all), std::end(all), inverse);
    }

    // Nothing on the other half of the sky.
    std::optional<std::pair<double, double>> at(double x, double y, double z) const {
        const double before = dot(out, x, y, z);
        if (before <= 0) return std::nullopt;
        const double right = dot(east, x, y, z) / before / degree, up = dot(north, x, y, z) / before / degree;
        return std::pair(x0 + inverse[0] * right + inverse[1] * up, y0 + inverse[2] * right + inverse[3] * up);
    }
};

class Image : public SkySource {
public:
    Image(PixelRows& rows, const Wcs& wcs, const std::function<void(const std::byte*)>& each_row)
        : width_(rows.width()), height_(rows.height()), plane_(wcs) {
        mode_ = kept_as(rows.mode());
        resolution_ = std::sqrt(std::fabs(wcs.determinant()));
        surround(wcs);
        const std::size_t size = pixel_bytes(mode_), across = static_cast<std::size_t>(width_);
        nothing_ = no_value(mode_);
        pixels_.resize(across * static_cast<std::size_t>(height_) * size);
        std::vector<std::byte> row(rows.row_bytes());
        for (std::size_t at = 0; at < pixels_.size(); at += across * size) {
            rows.read(row.data());
            keep(rows.mode(), row.data(), across, &pixels_[at]);
            if (each_row) each_row(row.data());
        }
    }

    void look(const Directions& directions, const ExactPosition&, std::byte* values) const override {
        const std::size_t size = pixel_bytes(mode_);
        for (std::size_t i = 0; i < directions.size(); ++i)
            std::memcpy(values + i * size, value_at(directions.x[i], directions.y[i], directions.z[i]), size);
    }

    bool meets(const Vector& centre, double radius) const override {
        return angle_between(centre, centre_) <= radius + radius_;
    }

private:
    const std::byte* value_at(double x, double y, double z) const {
        const auto at = plane_.at(x, y, z);
        if (!at) return nothing_.data();
        const double column = std::floor(at->first + 0.5), row = std::floor(at->second + 0.5);
        if (!(column >= 0 && column < width_ && row >= 0 && row < height_)) return nothing_.data();
        const std::size_t pixel =
            static_cast<std::size_t>(row) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(column);
        return &pixels_[pixel * pixel_bytes(mode_)];
    }

    // A circle around the image: straight edges of the plane are great circles, so its corners are farthest out.
    void surround(const Wcs& wcs) {
        const auto direction = [&](double x, double y) {
            const SkyPoint at = wcs.at(x, y);
            return direction_of({at.ra * degree, at.dec * degree});
        };
        centre_ = direction((width_ + 1) / 2.0, (height_ + 1) / 2.0);
        for (const double x : {0.5, width_ + 0.5})
            for (const double y : {0.5, height_ + 0.5})
                radius_ = std::max(radius_, angle_between(centre_, direction(x, y)));
        radius_ += 1e-9;
    }

    int width_, height_;
    Plane plane_;
    Vector centre_{};
    double radius_ = 0;
    std::vector<std::byte> nothing_, pixels_;
};

}  // namespace

std::unique_ptr<SkySource> open_image(PixelRows& rows, const Wcs& wcs,
                                      const std::function<void(const std::byte*)>& each_row) {
    if (!(std::fabs(wcs.determinant()) > 0))
        throw Error(Error::Kind::invalid, "the position of the image has pixels without a size");
    return std::make_unique<Image>(rows, wcs, each_row);
}

}  // namespace atelier::pipelines::sky
