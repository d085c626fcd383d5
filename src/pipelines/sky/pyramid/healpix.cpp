#include "pipelines/sky/pyramid/healpix.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "pipelines/sky/pyramid/quick_math.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double quarter = std::numbers::pi / 2;
constexpr double belt = 2.0 / 3.0;  // the sine of the latitude where the polar caps begin

// A position as the pixels are told from: the sine of the latitude, its cosine where that is more precise (else
// negative), and the longitude in quarter turns, from 0 to 4.
struct Look {
    double z = 0;
    double flat = -1;
    double quarters = 0;
};

double modulo_4(double value) {
    const double rest = std::fmod(value, 4.0);
    const double positive = rest < 0 ? rest + 4.0 : rest;
    return positive == 4.0 ? 0.0 : positive;
}

Look look_at(const LonLat& at) {
    const double theta = quarter - at.lat;
    const bool near_a_pole = theta < 0.01 || theta > 3.14159 - 0.01;
    return {std::cos(theta), near_a_pole ? std::sin(theta) : -1, modulo_4(at.lon / quarter)};
}

double to_border(double value) { return std::fabs(value - std::nearbyint(value)); }

// The pixel, and how far from the border of its neighbours the position is.
struct Found {
    std::int64_t pixel = 0;
    double margin = 0;
};

double from_pole(std::int64_t nside, const Look& look) {
    const double z = std::fabs(look.z), n = static_cast<double>(nside);
    if (z < 0.99 || look.flat < 0) return n * std::sqrt(3 * (1 - z));
    return n * look.flat / std::sqrt((1 + z) / 3);
}

Found ring_belt(std::int64_t nside, const Look& look) {
    const double n = static_cast<double>(nside);
    const double rising = n * (0.5 + look.quarters) - n * look.z * 0.75;
    const double falling = n * (0.5 + look.quarters) + n * look.z * 0.75;
    const auto up = static_cast<std::int64_t>(rising), down = static_cast<std::int64_t>(falling);
    const std::int64_t ring = nside + 1 + up - down;
    const std::int64_t shift = 1 - (ring & 1);
    const std::int64_t in_ring = ((up + down - nside + shift + 1 + 8 * nside) >> 1) % (4 * nside);
    return {2 * nside * (nside - 1) + (ring - 1) * 4 * nside + in_ring,
            std::min(to_border(rising), to_border(falling))};
}

Found ring_cap(std::int64_t nside, const Look& look) {
    const double part = look.quarters - std::floor(look.quarters), reach = from_pole(nside, look);
    const double rising = part * reach, falling = (1 - part) * reach;
    const std::int64_t ring = static_cast<std::int64_t>(rising) + static_cast<std::int64_t>(falling) + 1;
    const double along = look.quarters * static_cast<double>(ring);
    const std::int64_t in_ring = std::min(static_cast<std::int64_t>(along), 4 * ring - 1);
    const std::int64_t pixel =
        look.z > 0 ? 2 * ring * (ring - 1) + in_ring : 12 * nside * nside - 2 * ring * (ring + 1) + in_ring;
    return {pixel, std::min({to_border(rising), to_border(falling), to_border(along)})};
}

Found nested_belt(std::int64_t nside, const Look& look) {
    const double n = static_cast<double>(nside);
    const double rising = n * (0.5 + look.quarters) - n * look.z * 0.75;
    const double falling = n * (0.5 + look.quarters) + n * look.z * 0.75;
    const auto up = static_cast<std::int64_t>(rising), down = static_cast<std::int64_t>(falling);
    const std::int64_t up_face = up / nside, down_face = down / nside;
    const std::int64_t face = up_face == down_face  ? (up_face == 4 ? 4 : up_face + 4)
                              : up_face < down_face ? up_face
                                                    : down_face + 8;
    return {nested_number(nside, {static_cast<int>(face), down & (nside - 1), nside - (up & (nside - 1)) - 1}),
            std::min(to_border(rising), to_border(falling))};
}

Found nested_cap(std::int64_t nside, const Look& look) {
    const int face = std::min(3, static_cast<int>(look.quarters));
    const double part = look.quarters - face, reach = from_pole(nside, look);
    const double rising = part * reach, falling = (1 - part) * reach;
    const std::int64_t up = std::min(static_cast<std::int64_t>(rising), nside - 1);
    const std::int64_t down = std::min(static_cast<std::int64_t>(falling), nside - 1);
    const FacePixel pixel =
        look.z >= 0 ? FacePixel{face, nside - down - 1, nside - up - 1} : FacePixel{face + 8, up, down};
    return {nested_number(nside, pixel), std::min(to_border(rising), to_border(falling))};
}

Found find(std::int64_t nside, HealpixOrder order, const Look& look) {
    const bool cap = std::fabs(look.z) > belt;
    Found found;
    if (order == HealpixOrder::ring)
        found = cap ? ring_cap(nside, look) : ring_belt(nside, look);
    else
        found = cap ? nested_cap(nside, look) : nested_belt(nside, look);
    found.margin = std::min(found.margin, static_cast<double>(nside) * std::fabs(std::fabs(look.z) - belt));
    return found;
}

std::int64_t spread(std::int64_t value) {
    auto bits = static_cast<std::uint64_t>(value) & 0xffffffff;
    bits = (bits | bits << 16) & 0x0000ffff0000ffff;
    bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
    bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | bits << 2) & 0x3333333333333333;
    bits = (bits | bits << 1) & 0x5555555555555555;
    return static_cast<std::int64_t>(bits);
}

std::int64_t gather(std::int64_t value) {
    auto bits = static_cast<std::uint64_t>(value) & 0x5555555555555555;
    bits = (bits | bits >> 1) & 0x3333333333333333;
    bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | bits >> 4) & 0x00ff00ff00ff00ff;
    bits = (bits | bits >> 8) & 0x0000ffff0000ffff;
    bits = (bits | bits >> 16) & 0x00000000ffffffff;
    return static_cast<std::int64_t>(bits);
}

}  // namespace

void check_nside(std::int64_t nside, HealpixOrder order) {
    const bool fits = nside >= 1 && nside <= (std::int64_t{1} << 29);
    if (!fits || (order == HealpixOrder::nested && !std::has_single_bit(static_cast<std::uint64_t>(nside))))
        throw Error(Error::Kind::invalid, "HEALPix pixels can't have an NSIDE of " + std::to_string(nside));
}

std::int64_t healpix_pixel(std::int64_t nside, HealpixOrder order, const LonLat& at) {
    return find(nside, order, look_at(at)).pixel;
}

std::int64_t nested_number(std::int64_t nside, const FacePixel& pixel) {
    return pixel.face * nside * nside + spread(pixel.x) + 2 * spread(pixel.y);
}

FacePixel face_pixel(std::int64_t nside, std::int64_t nested) {
    const std::int64_t in_face = nested % (nside * nside);
    return {static_cast<int>(nested / (nside * nside)), gather(in_face), gather(in_face >> 1)};
}

std::array<double, 3> face_direction(int face, double x, double y) {
    const int row = face / 4;             // 0: around the north pole, 1: along the equator, 2: around the south pole
    const double down = row + 2 - x - y;  // from the north pole, in sides of a face: 0 to 4
    const double to_pole = std::min(down, 4 - down);
    double z = (2 - down) * belt, width = 1;
    double flat = std::sqrt((1 - z) * (1 + z));
    if (to_pole < 1) {
        width = to_pole;
        const double missing = to_pole * to_pole / 3;
        z = down < 1 ? 1 - missing : missing - 1;
        flat = std::sqrt(missing * (2 - missing));
    }
    const double eighths = (2 * (face % 4) + (row == 1 ? 0 : 1)) * width + x - y;
    const double lon = width > 0 ? eighths / width * (quarter / 2) : 0;
    return {flat * std::cos(lon), flat * std::sin(lon), z};
}

HealpixSampler::HealpixSampler(std::int64_t nside, HealpixOrder order, Frame frame)
    : nside_(nside), order_(order), frame_(frame) {
    check_nside(nside, order);
}

std::int64_t HealpixSampler::at(const LonLat& icrs) const {
    return healpix_pixel(nside_, order_, from_icrs(icrs, frame_));
}

void HealpixSampler::at(const Directions& directions, const ExactPosition& exact,
                        std::vector<std::int64_t>& pixels) const {
    const Directions* here = &directions;
    Directions turned;
    if (frame_ != Frame::icrs) {
        turned = directions;
        from_icrs(turned, frame_);
        here = &turned;
    }
    pixels.resize(directions.size());
    std::vector<double> lon(directions.size()), lat(directions.size());
    quick_angles(here->x.data(), here->y.data(), here->z.data(), directions.size(), lon.data(), lat.data());
    for (std::size_t i = 0; i < directions.size(); ++i) {
        const double length = std::sqrt(here->x[i] * here->x[i] + here->y[i] * here->y[i] + here->z[i] * here->z[i]);
        const double flat = std::sqrt(here->x[i] * here->x[i] + here->y[i] * here->y[i]) / length;
        const Found found = find(nside_, order_, {here->z[i] / length, flat, modulo_4(lon[i] / quarter)});
        const bool doubtful = found.margin < 1e-10 * static_cast<double>(nside_);
        pixels[i] = doubtful && exact ? at(exact(i)) : found.pixel;
    }
}

}  // namespace atelier::pipelines::sky
