// A FITS file: its units (HDUs), the pixels of an image unit row by row, the columns of a table. Plain or gzip; memory
// stays flat while rows are read in order.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "pipelines/sky/fits/fits_header.h"

namespace atelier::pipelines::sky {

enum class FitsType { u8, i16, i32, i64, f32, f64 };  // as stored (BITPIX)

struct FitsUnit {
    FitsHeader header;
    std::uint64_t data = 0;  // where its data begin
    bool is_image = false;   // of two dimensions or more
    FitsType type = FitsType::f32;
    int width = 0;
    int height = 0;
};

class FitsFile {
public:
    explicit FitsFile(const std::filesystem::path& path);
    ~FitsFile();

    const std::vector<FitsUnit>& units() const;
    // Rows in the order of the file, in this machine's byte order, as they are stored (BSCALE and BZERO not applied).
    // Quick for rows that follow each other.
    void read_row(std::size_t unit, int row, std::byte* into);
    // A column of a binary table, whole: one number a cell, or several cells in a row (HEALPix), as doubles.
    std::vector<double> read_column(std::size_t unit, int column);
    FitsType column_type(std::size_t unit, int column) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace atelier::pipelines::sky
