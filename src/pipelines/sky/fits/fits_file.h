// A FITS file: its units (HDUs), the pixels of an image unit row by row, the columns of a table. Rows may be asked for
// in any order, and memory stays flat. A gzip file is unpacked once, into a file without a name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "pipelines/sky/fits/fits_header.h"

namespace atelier::pipelines::sky {

enum class FitsType { u8, i16, i32, i64, f32, f64 };  // as stored (BITPIX)

constexpr std::size_t fits_bytes(FitsType type) {
    constexpr std::size_t bytes[] = {1, 2, 4, 8, 4, 8};
    return bytes[static_cast<std::size_t>(type)];
}

struct FitsUnit {
    FitsHeader header;
    std::uint64_t data = 0;   // where its data begin
    std::uint64_t bytes = 0;  // of the data, without padding
    bool is_image = false;    // of two dimensions or more; of more, the first plane is read
    FitsType type = FitsType::f32;
    int width = 0;
    int height = 0;
    double scale = 1;  // BSCALE, BZERO: value = stored * scale + zero
    double zero = 0;
    std::optional<std::int64_t> blank;  // the whole number that means: no value

    bool is_scaled() const { return scale != 1 || zero != 0 || (blank && type < FitsType::f32); }
    // Of the values: whole numbers of up to 16 bits that are scaled become f32, longer ones f64; those of 64 bits
    // always.
    FitsType value_type() const;
};

class FitsFile {
public:
    explicit FitsFile(const std::filesystem::path& path);
    ~FitsFile();

    const std::vector<FitsUnit>& units() const;
    // Rows in the order of the file, in this machine's byte order, as they are stored (BSCALE and BZERO not applied).
    void read_row(std::size_t unit, int row, std::byte* into);
    // The same as values, of value_type(): scaled, and NaN where BLANK says that there is none.
    void read_values(std::size_t unit, int row, std::byte* into);
    // A column (from 0) of a binary table, whole: one number a cell, or several cells in a row (HEALPix), as doubles.
    std::vector<double> read_column(std::size_t unit, int column);
    FitsType column_type(std::size_t unit, int column) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace atelier::pipelines::sky
