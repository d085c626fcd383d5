#include "pipelines/sky/pyramid/number_tile.h"

#include <array>
#include <cstring>

#include "base/error.h"
#include "pipelines/sky/fits/fits_tile.h"

namespace atelier::pipelines::sky {
namespace {

struct NumberKind {
    Mode mode;
    FitsType fits;
    std::string_view npy;
};

constexpr std::array<NumberKind, 5> kinds = {{{Mode::u8, FitsType::u8, "|u1"},
                                              {Mode::i16, FitsType::i16, "<i2"},
                                              {Mode::i32, FitsType::i32, "<i4"},
                                              {Mode::f32, FitsType::f32, "<f4"},
                                              {Mode::f64, FitsType::f64, "<f8"}}};

template <class Matches>
const NumberKind& kind_that(const Matches& matches) {
    for (const NumberKind& kind : kinds)
        if (matches(kind)) return kind;
    throw Error(Error::Kind::invalid, "its numbers are of a type that tiles can't have");
}

constexpr std::string_view npy_magic{"\x93NUMPY\x01\x00", 8};
constexpr std::size_t npy_step = 64;  // the data begin at a multiple

// What stands behind a key of the header, up to the comma or brace.
std::string_view npy_field(std::string_view header, std::string_view key) {
    const std::size_t at = header.find(key);
    if (at == std::string_view::npos) return {};
    std::string_view rest = header.substr(at + key.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(": '"), rest.size()));
    return rest.substr(0, rest.find_first_of("',)}"));
}

std::size_t tile_bytes(Mode mode) { return std::size_t{tile_side} * tile_side * pixel_bytes(mode); }

}  // namespace

std::string write_fits(const TilePixels& pixels) {
    const auto& kind = kind_that([&](const NumberKind& one) { return one.mode == pixels.mode; });
    return write_fits_tile({kind.fits, pixels.bytes, pixels.range});
}

TilePixels read_fits(std::string_view bytes) {
    FitsTile tile = read_fits_tile(bytes);
    const auto& kind = kind_that([&](const NumberKind& one) { return one.fits == tile.type; });
    return {kind.mode, std::move(tile.pixels), tile.range};
}

std::string write_npy(const TilePixels& pixels) {
    const auto& kind = kind_that([&](const NumberKind& one) { return one.mode == pixels.mode; });
    std::string header = "{'descr': '" + std::string(kind.npy) + "', 'fortran_order': False, 'shape': (256, 256), }";
    const std::size_t before = npy_magic.size() + 2;
    header.resize((before + header.size() + 1 + npy_step - 1) / npy_step * npy_step - before - 1, ' ');
    header += '\n';
    std::string bytes(npy_magic);
    bytes += static_cast<char>(header.size() & 0xff);
    bytes += static_cast<char>(header.size() >> 8);
    bytes += header;
    bytes.append(reinterpret_cast<const char*>(pixels.bytes.data()), pixels.bytes.size());
    return bytes;
}

TilePixels read_npy(std::string_view bytes) {
    const auto refuse = [](const char* why) { throw Error(Error::Kind::invalid, why); };
    const std::size_t before = npy_magic.size() + 2;
    if (bytes.size() < before || !bytes.starts_with(npy_magic))
        refuse("it doesn't begin like an NPY file of version 1");
    const std::size_t size = static_cast<unsigned char>(bytes[8]) | static_cast<unsigned char>(bytes[9]) << 8;
    const std::string_view header = bytes.substr(before, size);
    const std::string_view shape = header.substr(std::min(header.find("'shape':"), header.size()));
    if (!shape.starts_with("'shape': (256, 256)") || npy_field(header, "'fortran_order'") != "False")
        refuse("it doesn't hold 256 times 256 numbers, row after row");
    const auto& kind = kind_that([&](const NumberKind& one) { return npy_field(header, "'descr'") == one.npy; });
    const std::string_view data = bytes.substr(before + header.size());
    if (data.size() != tile_bytes(kind.mode)) refuse("it hasn't as many numbers as it says");
    TilePixels pixels{kind.mode, std::vector<std::byte>(data.size()), {}};
    std::memcpy(pixels.bytes.data(), data.data(), data.size());
    return pixels;
}

}  // namespace atelier::pipelines::sky
