#include "pipelines/sky/fits/fits_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/fits/byte_order.h"
#include "pipelines/sky/fits/fits_bytes.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::size_t most_units = 4096;
constexpr std::size_t largest_header = 16u << 20;
constexpr std::int64_t most_axes = 999;
constexpr std::int64_t most_columns = 999;
constexpr std::uint64_t most_cells = 1ull << 29;  // of a column: a HEALPix map of 4096 and more
constexpr std::uint64_t bytes_at_once = 1u << 20;
constexpr std::uint64_t too_large = 1ull << 62;

[[noreturn]] void refuse(const std::string& why) { throw Error(Error::Kind::invalid, why); }

// A count from a header, which may be anything.
std::uint64_t count_of(const FitsHeader& header, std::string_view key, std::optional<std::uint64_t> otherwise = {}) {
    const auto value = header.whole(key);
    if (!value && otherwise && !header.has(key)) return *otherwise;
    if (!value) refuse(fmt::format("its header lacks {}, or it isn't a whole number", key));
    if (*value < 0) refuse(fmt::format("{} is less than nothing", key));
    return static_cast<std::uint64_t>(*value);
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    if (a != 0 && b > too_large / a) refuse("it is said to be larger than any file");
    return a * b;
}

FitsType type_of(const FitsHeader& header) {
    switch (header.whole("BITPIX").value_or(0)) {
        case 8: return FitsType::u8;
        case 16: return FitsType::i16;
        case 32: return FitsType::i32;
        case 64: return FitsType::i64;
        case -32: return FitsType::f32;
        case -64: return FitsType::f64;
        default: refuse("its BITPIX is none of 8, 16, 32, 64, -32, -64");
    }
}

std::uint64_t data_bytes(const FitsHeader& header, FitsType type) {
    const std::uint64_t axes = count_of(header, "NAXIS");
    if (axes > most_axes) refuse("it is said to have more than 999 axes");
    if (axes == 0) return 0;
    const bool groups = header.truth("GROUPS").value_or(false) && count_of(header, "NAXIS1") == 0;
    std::uint64_t elements = 1;
    for (std::uint64_t axis = groups ? 2 : 1; axis <= axes; ++axis)
        elements = times(elements, count_of(header, fmt::format("NAXIS{}", axis)));
    const std::uint64_t more = count_of(header, "PCOUNT", 0);
    if (more > too_large) refuse("it is said to be larger than any file");
    return times(times(fits_bytes(type), count_of(header, "GCOUNT", 1)), elements + more);
}

void read_image(FitsUnit& unit, bool first) {
    const FitsHeader& header = unit.header;
    const bool image = first ? !header.truth("GROUPS").value_or(false) : header.text("XTENSION") == "IMAGE";
    if (!image || count_of(header, "NAXIS") < 2) return;
    const std::uint64_t width = count_of(header, "NAXIS1"), height = count_of(header, "NAXIS2");
    if (width == 0 || height == 0 || unit.bytes == 0) return;
    constexpr std::uint64_t most = std::numeric_limits<int>::max();
    if (width > most || height > most) refuse("it has more than 2147483647 pixels in a row");
    unit.is_image = true;
    unit.width = static_cast<int>(width);
    unit.height = static_cast<int>(height);
    unit.scale = header.number("BSCALE").value_or(1);
    unit.zero = header.number("BZERO").value_or(0);
    unit.blank = header.whole("BLANK");
}

// A header's blocks, read one after the other until its end.
std::optional<FitsHeader> header_at(const FitsBytes& bytes, std::uint64_t offset, bool first) {
    std::string blocks;
    while (offset + blocks.size() + fits_block <= bytes.size()) {
        const std::size_t before = blocks.size();
        blocks.resize(before + fits_block);
        bytes.read(offset + before, reinterpret_cast<std::byte*>(blocks.data() + before), fits_block);
        if (before == 0 && !blocks.starts_with(first ? "SIMPLE  =" : "XTENSION=")) {
            if (first) refuse("it doesn't begin like a FITS file");
            return std::nullopt;  // something else follows
        }
        for (std::size_t card = before; card < blocks.size(); card += fits_card)
            if (is_fits_end(std::string_view(blocks).substr(card, fits_card))) return FitsHeader::parse(blocks);
        if (blocks.size() > largest_header) refuse("its header has no end");
    }
    if (blocks.empty() && !first) return std::nullopt;
    refuse(first && blocks.empty() ? "it is too short for a FITS file" : "it ends in the middle of a header");
}

std::vector<FitsUnit> read_units(const FitsBytes& bytes) {
    std::vector<FitsUnit> units;
    std::uint64_t offset = 0;
    while (units.size() < most_units) {
        const bool first = units.empty();
        auto header = header_at(bytes, offset, first);
        if (!header) return units;
        FitsUnit unit;
        unit.header = std::move(*header);
        unit.data = offset + unit.header.bytes();
        unit.type = type_of(unit.header);
        unit.bytes = data_bytes(unit.header, unit.type);
        // Some programs leave out the padding after the last data.
        if (unit.bytes > bytes.size() - unit.data)
            refuse(fmt::format("it ends within the data of its unit {}", units.size()));
        read_image(unit, first);
        offset = unit.data + (unit.bytes + fits_block - 1) / fits_block * fits_block;
        units.push_back(std::move(unit));
        if (offset >= bytes.size()) return units;
    }
    refuse(fmt::format("it has more than {} units", most_units));
}

// ---- columns of binary tables

struct Column {
    FitsType type = FitsType::f32;
    std::uint64_t offset = 0;  // in the row
    std::uint64_t cells = 0;   // in a row
    double scale = 1;
    double zero = 0;
};

struct Format {
    std::uint64_t count = 1;
    char letter = 0;
};

Format format_of(const FitsHeader& header, std::int64_t number) {
    const std::string text(trim(header.text(fmt::format("TFORM{}", number)).value_or("")));
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    Format format;
    if (digits > 0) {
        const auto count = parse_int(text.substr(0, digits));
        if (!count) refuse(fmt::format("its TFORM{} is no format", number));
        format.count = static_cast<std::uint64_t>(*count);
    }
    if (digits == text.size()) refuse(fmt::format("its TFORM{} is no format", number));
    format.letter = text[digits];
    return format;
}

std::uint64_t width_of(const Format& format) {
    switch (format.letter) {
        case 'X': return format.count / 8 + (format.count % 8 != 0);
        case 'L':
        case 'B':
        case 'A': return format.count;
        case 'I': return times(format.count, 2);
        case 'J':
        case 'E': return times(format.count, 4);
        case 'K':
        case 'D':
        case 'C':
        case 'P': return times(format.count, 8);
        case 'M':
        case 'Q': return times(format.count, 16);
        default: refuse(fmt::format("it has a column of the unknown format '{}'", printable({&format.letter, 1})));
    }
}

FitsType number_type(char letter) {
    switch (letter) {
        case 'B': return FitsType::u8;
        case 'I': return FitsType::i16;
        case 'J': return FitsType::i32;
        case 'K': return FitsType::i64;
        case 'E': return FitsType::f32;
        case 'D': return FitsType::f64;
        default: refuse("the column doesn't hold numbers");
    }
}

Column column_of(const FitsUnit& unit, int index) {
    const FitsHeader& header = unit.header;
    if (header.text("XTENSION") != "BINTABLE") refuse("the unit is no binary table");
    const std::int64_t fields = header.whole("TFIELDS").value_or(0);
    if (fields > most_columns) refuse("it is said to have more than 999 columns");
    if (index < 0 || index >= fields) refuse(fmt::format("it has no column {}", index + 1));
    Column column;
    Format format{0, 'A'};
    for (std::int64_t number = 1; number <= index + 1; ++number) {
        column.offset += width_of(format);
        format = format_of(header, number);
        if (column.offset > too_large) refuse("it is said to be larger than any file");
    }
    column.type = number_type(format.letter);
    column.cells = format.count;
    if (column.offset + width_of(format) > count_of(header, "NAXIS1"))
        refuse(fmt::format("its column {} is wider than its rows", index + 1));
    column.scale = header.number(fmt::format("TSCAL{}", index + 1)).value_or(1);
    column.zero = header.number(fmt::format("TZERO{}", index + 1)).value_or(0);
    return column;
}

// ---- numbers

double stored_number(const std::byte* bytes, FitsType type, std::size_t index) {
    switch (type) {
        case FitsType::u8: return number_at<std::uint8_t>(bytes, index);
        case FitsType::i16: return number_at<std::int16_t>(bytes, index);
        case FitsType::i32: return number_at<std::int32_t>(bytes, index);
        case FitsType::i64: return static_cast<double>(number_at<std::int64_t>(bytes, index));
        case FitsType::f32: return number_at<float>(bytes, index);
        default: return number_at<double>(bytes, index);
    }
}

// In the arithmetic of the type that results, as other readers do it.
template <class Value>
void scale_numbers(const FitsUnit& unit, const std::byte* stored, std::byte* into) {
    const auto scale = static_cast<Value>(unit.scale), zero = static_cast<Value>(unit.zero);
    const bool has_blank = unit.blank && unit.type < FitsType::f32;
    const double blank = has_blank ? static_cast<double>(*unit.blank) : 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(unit.width); ++i) {
        const double number = stored_number(stored, unit.type, i);
        Value value = std::numeric_limits<Value>::quiet_NaN();
        if (!has_blank || number != blank) value = static_cast<Value>(number) * scale + zero;
        std::memcpy(into + i * sizeof value, &value, sizeof value);
    }
}

}  // namespace

FitsType FitsUnit::value_type() const {
    if (type == FitsType::i64) return FitsType::f64;
    if (!is_scaled() || type >= FitsType::f32) return type;
    return type <= FitsType::i16 ? FitsType::f32 : FitsType::f64;
}

struct FitsFile::State {
    explicit State(const std::filesystem::path& file) : path(file), bytes(file) {
        about_this([&] { units = read_units(bytes); });
    }

    // What goes wrong within names the file.
    template <class Action>
    void about_this(const Action& action) const {
        try {
            action();
        } catch (const Error& error) {
            throw Error(error.kind(), fmt::format("{} can't be read as FITS: {}", path.string(), error.what()),
                        error.hint().empty() ? "The file is damaged, or no FITS file." : error.hint(), error.where());
        }
    }

    const FitsUnit& unit(std::size_t index) const {
        if (index >= units.size())
            throw Error(Error::Kind::invalid, fmt::format("{} has no unit {}", path.string(), index),
                        fmt::format("It has {}, counted from 0.", units.size()));
        return units[index];
    }

    std::filesystem::path path;
    FitsBytes bytes;
    std::vector<FitsUnit> units;
    std::vector<std::byte> row;
};

FitsFile::FitsFile(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {}
FitsFile::~FitsFile() = default;

const std::vector<FitsUnit>& FitsFile::units() const { return state_->units; }

void FitsFile::read_row(std::size_t unit, int row, std::byte* into) {
    const FitsUnit& from = state_->unit(unit);
    if (!from.is_image || row < 0 || row >= from.height)
        throw Error(Error::Kind::internal, fmt::format("{} has no row {}", state_->path.string(), row));
    const auto width = static_cast<std::size_t>(from.width);
    const std::size_t bytes = width * fits_bytes(from.type);
    state_->bytes.read(from.data + bytes * static_cast<std::uint64_t>(row), into, bytes);
    turn_bytes(into, width, fits_bytes(from.type));
}

void FitsFile::read_values(std::size_t unit, int row, std::byte* into) {
    const FitsUnit& from = state_->unit(unit);
    if (!from.is_scaled() && from.type == from.value_type()) return read_row(unit, row, into);
    state_->row.resize(static_cast<std::size_t>(from.width) * fits_bytes(from.type));
    read_row(unit, row, state_->row.data());
    if (from.value_type() == FitsType::f32)
        scale_numbers<float>(from, state_->row.data(), into);
    else
        scale_numbers<double>(from, state_->row.data(), into);
}

std::vector<double> FitsFile::read_column(std::size_t unit, int column) {
    const FitsUnit& from = state_->unit(unit);
    std::vector<double> numbers;
    state_->about_this([&] {
        const Column is = column_of(from, column);
        const std::uint64_t row_bytes = count_of(from.header, "NAXIS1"), rows = count_of(from.header, "NAXIS2");
        if (times(rows, is.cells) > most_cells)
            throw Error(Error::Kind::exhausted, fmt::format("its column has more than {} numbers", most_cells));
        if (is.cells == 0) return;
        numbers.reserve(rows * is.cells);
        const std::size_t size = fits_bytes(is.type);
        const std::uint64_t at_once = std::max<std::uint64_t>(1, bytes_at_once / row_bytes);
        std::vector<std::byte> piece(std::min(at_once, rows) * row_bytes);
        for (std::uint64_t row = 0; row < rows; ++row) {
            const std::uint64_t within = row % at_once;
            if (within == 0)
                state_->bytes.read(from.data + row * row_bytes, piece.data(),
                                   std::min(at_once, rows - row) * row_bytes);
            std::byte* cells = piece.data() + within * row_bytes + is.offset;
            turn_bytes(cells, is.cells, size);
            for (std::size_t i = 0; i < is.cells; ++i)
                numbers.push_back(stored_number(cells, is.type, i) * is.scale + is.zero);
        }
    });
    return numbers;
}

FitsType FitsFile::column_type(std::size_t unit, int column) const {
    FitsType type = FitsType::f64;
    state_->about_this([&] {
        const Column is = column_of(state_->unit(unit), column);
        if (is.scale == 1 && is.zero == 0) type = is.type;
    });
    return type;
}

}  // namespace atelier::pipelines::sky
