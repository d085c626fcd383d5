#include "pipelines/sky/fits/fits_tile.h"

#include <cmath>

#include "base/error.h"
#include "pipelines/sky/fits/byte_order.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::size_t side = fits_tile_side;

int bitpix_of(FitsType type) {
    const int bits = static_cast<int>(fits_bytes(type) * 8);
    return type >= FitsType::f32 ? -bits : bits;
}

std::optional<FitsType> type_of(std::int64_t bitpix) {
    for (const FitsType type :
         {FitsType::u8, FitsType::i16, FitsType::i32, FitsType::i64, FitsType::f32, FitsType::f64})
        if (bitpix_of(type) == bitpix) return type;
    return std::nullopt;
}

void copy_reversed(const char* from, char* to, std::size_t row_bytes) {
    for (std::size_t row = 0; row < side; ++row)
        std::memcpy(to + (side - 1 - row) * row_bytes, from + row * row_bytes, row_bytes);
}

}  // namespace

std::string write_fits_tile(const FitsTile& tile) {
    const std::size_t row_bytes = side * fits_bytes(tile.type);
    if (tile.pixels.size() != side * row_bytes)
        throw Error(Error::Kind::internal, "a FITS tile was given the wrong number of pixels");
    FitsHeader header;
    header.set("SIMPLE", true);
    header.set("BITPIX", bitpix_of(tile.type));
    header.set("NAXIS", 2);
    header.set("NAXIS1", fits_tile_side);
    header.set("NAXIS2", fits_tile_side);
    if (tile.range && std::isfinite(tile.range->first) && std::isfinite(tile.range->second)) {
        header.set("DATAMIN", tile.range->first);
        header.set("DATAMAX", tile.range->second);
    }
    std::string file = header.blocks();
    const std::size_t data = file.size();
    file.resize(data + (side * row_bytes + fits_block - 1) / fits_block * fits_block);
    copy_reversed(reinterpret_cast<const char*>(tile.pixels.data()), file.data() + data, row_bytes);
    turn_bytes(reinterpret_cast<std::byte*>(file.data() + data), side * side, fits_bytes(tile.type));
    return file;
}

FitsTile read_fits_tile(std::string_view file) {
    const FitsHeader header = FitsHeader::parse(file);
    const auto type = type_of(header.whole("BITPIX").value_or(0));
    FitsTile tile;
    if (!type || header.whole("NAXIS") != 2 || header.whole("NAXIS1") != fits_tile_side ||
        header.whole("NAXIS2") != fits_tile_side || header.has("BSCALE") || header.has("BZERO"))
        throw Error(Error::Kind::invalid, "it is no FITS tile of 256 times 256 numbers");
    tile.type = *type;
    const std::size_t row_bytes = side * fits_bytes(tile.type);
    if (file.size() - header.bytes() < side * row_bytes)
        throw Error(Error::Kind::invalid, "the FITS tile ends too early");
    tile.pixels.resize(side * row_bytes);
    copy_reversed(file.data() + header.bytes(), reinterpret_cast<char*>(tile.pixels.data()), row_bytes);
    turn_bytes(tile.pixels.data(), side * side, fits_bytes(tile.type));
    const auto low = header.number("DATAMIN"), high = header.number("DATAMAX");
    if (low && high) tile.range.emplace(*low, *high);
    return tile;
}

}  // namespace atelier::pipelines::sky
