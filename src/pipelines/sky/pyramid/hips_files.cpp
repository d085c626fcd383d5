#include "pipelines/sky/pyramid/hips_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "base/time.h"
#include "pipelines/sky/fits/byte_order.h"
#include "pipelines/sky/fits/fits_header.h"
#include "pipelines/sky/pyramid/healpix.h"

namespace atelier::pipelines::sky {

namespace {

int bitpix_of(Mode mode) {
    switch (mode) {
        case Mode::u8: return 8;
        case Mode::i16: return 16;
        case Mode::i32: return 32;
        case Mode::f32: return -32;
        case Mode::f64: return -64;
        default: throw Error(Error::Kind::internal, "colours can't be written as FITS");
    }
}

FitsHeader header_of(const HipsPicture& picture) {
    FitsHeader header;
    header.set("SIMPLE", true);
    header.set("BITPIX", bitpix_of(picture.mode));
    header.set("NAXIS", 2);
    header.set("NAXIS1", picture.width);
    header.set("NAXIS2", picture.height);
    return header;
}

std::string with_padding(std::string file) {
    file.resize((file.size() + fits_block - 1) / fits_block * fits_block);
    return file;
}

// The lowest row comes first in FITS.
std::string with_pixels(const FitsHeader& header, const HipsPicture& picture) {
    std::string file = header.blocks();
    const std::size_t begin = file.size(), size = pixel_bytes(picture.mode);
    const std::size_t row = static_cast<std::size_t>(picture.width) * size;
    for (int y = picture.height; y-- > 0;)
        file.append(reinterpret_cast<const char*>(&picture.bytes[static_cast<std::size_t>(y) * row]), row);
    turn_bytes(reinterpret_cast<std::byte*>(file.data() + begin), picture.bytes.size() / size, size);
    return with_padding(std::move(file));
}

// The face's middle in the plane of HPX, in degrees.
std::array<double, 2> middle_of_face(int face) {
    const double along = face % 4 * 90.0 + (face / 4 == 1 ? 0 : 45);
    return {along > 180 ? along - 360 : along, 45.0 - face / 4 * 45.0};
}

void set_place(FitsHeader& header, Frame frame, int order, std::int64_t pixel, int width) {
    const std::int64_t nside = std::int64_t{1} << order;
    const FacePixel tile = face_pixel(nside, pixel);
    const double side = static_cast<double>(nside) * width, scale = 45 / side;
    const auto [x, y] = middle_of_face(tile.face);
    const double left = ((x + 45 - y) / scale + 1) / 2 - static_cast<double>(tile.y) * width;
    const double lower = ((x + 45 + y) / scale + 1) / 2 - (side - static_cast<double>(tile.x + 1) * width);
    const bool galactic = frame == Frame::galactic, ecliptic = frame == Frame::ecliptic;
    header.set("ORDER", order);
    header.set("NPIX", pixel);
    header.set("CTYPE1", galactic ? "GLON-HPX" : ecliptic ? "ELON-HPX" : "RA---HPX");
    header.set("CTYPE2", galactic ? "GLAT-HPX" : ecliptic ? "ELAT-HPX" : "DEC--HPX");
    header.set("CRPIX1", left);
    header.set("CRPIX2", lower);
    header.set("CRVAL1", 0);
    header.set("CRVAL2", 0);
    header.set("CD1_1", -scale);
    header.set("CD1_2", -scale);
    header.set("CD2_1", scale);
    header.set("CD2_2", -scale);
    header.set("PV2_1", 4);
    header.set("PV2_2", 3);
}

std::string_view letter_of(Frame frame) {
    return frame == Frame::galactic ? "G" : frame == Frame::ecliptic ? "E" : "C";
}

std::string_view name_of(Frame frame) {
    return frame == Frame::galactic ? "galactic" : frame == Frame::ecliptic ? "ecliptic" : "equatorial";
}

// "2026-11-21T14:03Z"
std::string now_to_the_minute() { return Instant(system_clock().wall()).to_text().substr(0, 16) + "Z"; }

// What an identifier may have; a title is free.
std::string in_identifier(std::string_view title) {
    std::string word;
    for (const char c : title)
        word += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' ? c : '_';
    return word.empty() ? "sky" : word;
}

std::string on_one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return text;
}

}  // namespace

std::string write_hips_fits(const HipsPicture& picture, Frame frame, int order, std::int64_t pixel) {
    FitsHeader header = header_of(picture);
    set_place(header, frame, order, pixel, picture.width);
    return with_pixels(header, picture);
}

std::string write_plain_fits(const HipsPicture& picture) { return with_pixels(header_of(picture), picture); }

std::string hips_properties(const HipsOptions& options, const HipsMade& made, Mode mode) {
    const std::string title = on_one_line(options.title);
    const std::string now = now_to_the_minute();
    const std::string_view format = options.format == TileFormat::jpeg   ? "jpeg"
                                    : options.format == TileFormat::fits ? "fits"
                                                                         : "png";
    std::string text;
    const auto put = [&text](std::string_view key, const auto& value) {
        text += fmt::format("{:20} = {}\n", key, value);
    };
    put("creator_did",
        options.id.empty() ? "ivo://unknown.authority/P/" + in_identifier(options.title) : on_one_line(options.id));
    put("obs_title", title);
    put("dataproduct_type", "image");
    if (is_picture(mode)) put("dataproduct_subtype", "color");
    put("hips_version", "1.4");
    put("hips_builder", "Atelier");
    put("hips_creation_date", now);
    put("hips_release_date", now);
    put("hips_status", "public master clonableOnce");
    put("hips_frame", options.body.empty() ? name_of(options.frame) : std::string_view(options.body));
    if (!options.body.empty()) put("hips_body", options.body);
    put("hips_order", made.order);
    put("hips_order_min", 0);
    put("hips_tile_width", made.tile_width);
    put("hips_tile_format", format);
    put("hips_pixel_scale", 58.6323 / (static_cast<double>(made.tile_width) * static_cast<double>(1 << made.order)));
    put("hips_sampling", "nearest");
    put("moc_sky_fraction", made.sky_fraction);
    if (!is_picture(mode)) {
        put("hips_pixel_bitpix", bitpix_of(mode));
        put("hips_pixel_cut", fmt::format("{} {}", made.cut.first, made.cut.second));
    }
    return text;
}

std::vector<std::int64_t> coverage_cells(int order, std::vector<std::int64_t> pixels) {
    std::vector<std::int64_t> cells;
    for (; order >= 0; --order) {
        std::sort(pixels.begin(), pixels.end());
        std::vector<std::int64_t> parents;
        for (std::size_t i = 0; i < pixels.size();) {
            const bool whole =
                order > 0 && pixels[i] % 4 == 0 && i + 3 < pixels.size() && pixels[i + 3] == pixels[i] + 3;
            if (whole)
                parents.push_back(pixels[i] / 4);
            else
                cells.push_back((std::int64_t{4} << 2 * order) + pixels[i]);
            i += whole ? 4 : 1;
        }
        pixels = std::move(parents);
    }
    std::sort(cells.begin(), cells.end());
    return cells;
}

std::string write_moc(int order, const std::vector<std::int64_t>& cells, Frame frame) {
    FitsHeader primary;
    primary.set("SIMPLE", true);
    primary.set("BITPIX", 8);
    primary.set("NAXIS", 0);
    primary.set("EXTEND", true);
    FitsHeader table;
    table.set("XTENSION", "BINTABLE");
    table.set("BITPIX", 8);
    table.set("NAXIS", 2);
    table.set("NAXIS1", 8);
    table.set("NAXIS2", static_cast<std::int64_t>(cells.size()));
    table.set("PCOUNT", 0);
    table.set("GCOUNT", 1);
    table.set("TFIELDS", 1);
    table.set("TFORM1", "1K");
    table.set("TTYPE1", "UNIQ");
    table.set("MOCVERS", "2.0");
    table.set("MOCDIM", "SPACE");
    table.set("ORDERING", "NUNIQ");
    table.set("COORDSYS", letter_of(frame));
    table.set("MOCORDER", order);
    table.set("MOCORD_S", order);
    table.set("PIXTYPE", "HEALPIX");
    std::string file = primary.blocks() + table.blocks();
    const std::size_t begin = file.size();
    file.resize(begin + cells.size() * sizeof(std::int64_t));
    std::memcpy(file.data() + begin, cells.data(), cells.size() * sizeof(std::int64_t));
    turn_bytes(reinterpret_cast<std::byte*>(file.data() + begin), cells.size(), sizeof(std::int64_t));
    return with_padding(std::move(file));
}

}  // namespace atelier::pipelines::sky
