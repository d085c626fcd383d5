#include "pipelines/sky/place/wcs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double radians = std::numbers::pi / 180;
constexpr double first_year_of_fk5 = 1984;

class Reader {
public:
    Reader(const FitsHeader& header, std::optional<char> key)
        : header_(header), suffix_(key ? std::string(1, *key) : std::string()) {}

    std::string name(std::string_view key) const { return std::string(key) + suffix_; }
    bool has(std::string_view key) const { return header_.has(name(key)); }
    std::string text(std::string_view key) const { return std::string(trim(header_.text(name(key)).value_or(""))); }
    double number(std::string_view key) const {
        const auto value = header_.number(name(key));
        if (value) return *value;
        refuse_position(name(key) + (has(key) ? " is not a number" : " is missing"));
    }
    double number(std::string_view key, double otherwise) const { return has(key) ? number(key) : otherwise; }

private:
    const FitsHeader& header_;
    std::string suffix_;
};

// "RA---TAN": the axis in front, the projection behind.
void check_axis(const Reader& reader, std::string_view key, std::string_view axis) {
    const std::string type = reader.text(key);
    if (type.empty())
        refuse_position(fmt::format("{} is missing", reader.name(key)),
                        "Nothing tells where the image lies on the sky.");
    const std::string shown = printable(type);
    const std::size_t dash = std::min(type.find('-'), type.size());
    const std::size_t after = std::min(type.find_first_not_of('-', dash), type.size());
    if (type.substr(0, dash) != axis)
        refuse_position(fmt::format("coordinates {} are not supported", shown),
                        "The first axis must be the right ascension, the second the declination.");
    const std::string projection = type.substr(after);
    if (projection.empty()) refuse_position(fmt::format("{} {} names no projection", reader.name(key), shown));
    if (projection != "TAN" && projection != "TPV")
        refuse_position(fmt::format("projection {} is not supported", printable(projection)),
                        "WorldWide Telescope shows images in the tangential projection, TAN: reproject it.");
}

void check_frame(const Reader& reader) {
    const std::string frame = reader.has("RADESYS") ? reader.text("RADESYS") : reader.text("RADECSYS");
    const double equinox = reader.number("EQUINOX", reader.number("EPOCH", 0));
    const bool old = frame.starts_with("FK4") || (frame.empty() && equinox != 0 && equinox < first_year_of_fk5);
    if (old) refuse_position("coordinates of B1950 (FK4) are not supported", "Turn its position into ICRS or J2000.");
    for (const char* key : {"CUNIT1", "CUNIT2"}) {
        const std::string unit = lower(reader.text(key));
        if (!unit.empty() && unit != "deg" && unit != "degree" && unit != "degrees")
            refuse_position(fmt::format("{} {} is not supported", reader.name(key), printable(unit)),
                            "It must be deg.");
    }
    if (std::abs(reader.number("LONPOLE", 180) - 180) > 1e-9)
        refuse_position(reader.name("LONPOLE") + " other than 180 is not supported", "Reproject the image.");
}

void read_matrix(const Reader& reader, Wcs& wcs) {
    // A lone CD2_1 beside PC and CDELT is a left-over; what is left out of a matrix is zero.
    if (reader.has("CD1_1") || (reader.has("CD1_2") && reader.has("CD2_1"))) {
        wcs.cd11 = reader.number("CD1_1", 0);
        wcs.cd12 = reader.number("CD1_2", 0);
        wcs.cd21 = reader.number("CD2_1", 0);
        wcs.cd22 = reader.number("CD2_2", 0);
        return;
    }
    const double scale1 = reader.number("CDELT1"), scale2 = reader.number("CDELT2");
    const bool has_pc = reader.has("PC1_1") || reader.has("PC1_2") || reader.has("PC2_1") || reader.has("PC2_2");
    const double turn = has_pc ? 0 : reader.number("CROTA2", 0) * radians;
    if (turn != 0) {
        wcs.cd11 = scale1 * std::cos(turn);
        wcs.cd12 = -scale2 * std::sin(turn);
        wcs.cd21 = scale1 * std::sin(turn);
        wcs.cd22 = scale2 * std::cos(turn);
        return;
    }
    wcs.cd11 = scale1 * reader.number("PC1_1", 1);
    wcs.cd12 = scale1 * reader.number("PC1_2", 0);
    wcs.cd21 = scale2 * reader.number("PC2_1", 0);
    wcs.cd22 = scale2 * reader.number("PC2_2", 1);
}

int size_in(const FitsHeader& header, const char* image_key, const char* axis_key) {
    const auto size = header.has(image_key) ? header.whole(image_key) : header.whole(axis_key);
    if (!size || *size < 0 || *size > std::numeric_limits<int>::max()) return 0;
    return static_cast<int>(*size);
}

}  // namespace

void refuse_position(const std::string& why, const std::string& hint) { throw Error(Error::Kind::invalid, why, hint); }

Wcs Wcs::flipped(int image_height) const {
    Wcs other = *this;
    other.cd12 = -cd12;
    other.cd22 = -cd22;
    other.crpix2 = image_height + 1 - crpix2;
    return other;
}

// As the original does it, which counts pixels from 1 and doesn't move the reference by the half of one.
Wcs Wcs::scaled(double factor) const {
    Wcs other = *this;
    other.crpix1 *= factor;
    other.crpix2 *= factor;
    for (double Wcs::*each : {&Wcs::cd11, &Wcs::cd12, &Wcs::cd21, &Wcs::cd22})
        other.*each /= factor;
    other.width = static_cast<int>(std::lround(width * factor));
    other.height = static_cast<int>(std::lround(height * factor));
    return other;
}

SkyPoint Wcs::at(double px, double py) const {
    const double u = px - crpix1, v = py - crpix2;
    const double x = cd11 * u + cd12 * v, y = cd21 * u + cd22 * v;
    const double theta = std::atan2(180 / std::numbers::pi, std::hypot(x, y));
    const double dec0 = crval2 * radians;
    const double turn = std::atan2(x, -y) - std::numbers::pi;
    const double dec = std::asin(
        std::clamp(std::sin(theta) * std::sin(dec0) + std::cos(theta) * std::cos(dec0) * std::cos(turn), -1.0, 1.0));
    const double ra =
        crval1 + std::atan2(-std::cos(theta) * std::sin(turn),
                            std::sin(theta) * std::cos(dec0) - std::cos(theta) * std::sin(dec0) * std::cos(turn)) /
                     radians;
    const double turned = std::fmod(ra, 360);
    return {turned < 0 ? turned + 360 : turned, dec / radians};
}

Wcs read_wcs(const FitsHeader& header, std::optional<char> key) {
    const Reader reader(header, key);
    check_axis(reader, "CTYPE1", "RA");
    check_axis(reader, "CTYPE2", "DEC");
    check_frame(reader);
    Wcs wcs;
    wcs.crval1 = reader.number("CRVAL1");
    wcs.crval2 = reader.number("CRVAL2");
    wcs.crpix1 = reader.number("CRPIX1");
    wcs.crpix2 = reader.number("CRPIX2");
    read_matrix(reader, wcs);
    wcs.width = size_in(header, "IMAGEW", "NAXIS1");
    wcs.height = size_in(header, "IMAGEH", "NAXIS2");
    check_wcs(wcs);
    return wcs;
}

bool has_wcs(const FitsHeader& header, std::optional<char> key) { return Reader(header, key).has("CTYPE1"); }

void check_wcs(const Wcs& wcs) {
    for (const double number :
         {wcs.crval1, wcs.crval2, wcs.crpix1, wcs.crpix2, wcs.cd11, wcs.cd12, wcs.cd21, wcs.cd22, wcs.determinant()})
        if (!std::isfinite(number)) refuse_position("its position holds numbers that are too large");
    if (std::abs(wcs.crval2) > 90) refuse_position(fmt::format("the declination {} lies beyond the pole", wcs.crval2));
    if (std::abs(wcs.crval1) > 3600) refuse_position(fmt::format("the right ascension {} is no angle", wcs.crval1));
    if (wcs.determinant() == 0)
        refuse_position("its pixels cover nothing of the sky: the scale is zero, or both axes are the same");
}

void write_wcs(const Wcs& wcs, FitsHeader& header) {
    header.set("CTYPE1", "RA---TAN");
    header.set("CTYPE2", "DEC--TAN");
    header.set("CRVAL1", wcs.crval1);
    header.set("CRVAL2", wcs.crval2);
    header.set("CRPIX1", wcs.crpix1);
    header.set("CRPIX2", wcs.crpix2);
    header.set("CD1_1", wcs.cd11);
    header.set("CD1_2", wcs.cd12);
    header.set("CD2_1", wcs.cd21);
    header.set("CD2_2", wcs.cd22);
}

}  // namespace atelier::pipelines::sky
