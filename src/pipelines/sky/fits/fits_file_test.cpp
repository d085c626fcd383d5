#include "pipelines/sky/fits/fits_file.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/byte_order.h"
#include "pipelines/sky/fits/fits_tile.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

FitsHeader image_header(int bitpix, int width, int height) {
    FitsHeader header;
    header.set("SIMPLE", true);
    header.set("BITPIX", bitpix);
    header.set("NAXIS", 2);
    header.set("NAXIS1", width);
    header.set("NAXIS2", height);
    return header;
}

template <class Number>
std::string big_endian(std::vector<Number> numbers) {
    std::string bytes(numbers.size() * sizeof(Number), '\0');
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
    turn_bytes(reinterpret_cast<std::byte*>(bytes.data()), numbers.size(), sizeof(Number));
    return bytes;
}

std::string padded(std::string bytes) {
    bytes.resize((bytes.size() + fits_block - 1) / fits_block * fits_block);
    return bytes;
}

std::string gzipped(const std::string& bytes) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

class FitsFiles : public ::testing::Test {
protected:
    std::filesystem::path file(const std::string& bytes) {
        const auto path = folder_.path() / ("file" + std::to_string(count_++) + ".fits");
        write_file_durably(path, bytes);
        return path;
    }
    Error refused(const std::string& bytes) {
        return error_of([&] { FitsFile{file(bytes)}; });
    }

    TemporaryFolder folder_;
    int count_ = 0;
};

template <class Number>
std::vector<Number> row_of(FitsFile& file, int row, std::size_t unit = 0) {
    std::vector<Number> numbers(static_cast<std::size_t>(file.units()[unit].width));
    file.read_row(unit, row, reinterpret_cast<std::byte*>(numbers.data()));
    return numbers;
}

TEST_F(FitsFiles, EachTypeIsReadPlainAndPacked) {
    const auto check = [&]<class Number>(int bitpix, FitsType type, std::vector<Number> numbers) {
        const std::string bytes = image_header(bitpix, 2, 2).blocks() + padded(big_endian(numbers));
        for (const std::string& content : {bytes, gzipped(bytes)}) {
            FitsFile fits(file(content));
            ASSERT_EQ(fits.units().size(), 1u);
            EXPECT_EQ(fits.units()[0].type, type);
            EXPECT_TRUE(fits.units()[0].is_image);
            EXPECT_EQ(row_of<Number>(fits, 1), (std::vector<Number>{numbers[2], numbers[3]}));
            EXPECT_EQ(row_of<Number>(fits, 0), (std::vector<Number>{numbers[0], numbers[1]}));
        }
    };
    check(8, FitsType::u8, std::vector<std::uint8_t>{0, 1, 200, 255});
    check(16, FitsType::i16, std::vector<std::int16_t>{0, -1, 32767, -32768});
    check(32, FitsType::i32, std::vector<std::int32_t>{0, -1, 2147483647, 5});
    check(64, FitsType::i64, std::vector<std::int64_t>{0, -1, 1ll << 60, 5});
    check(-32, FitsType::f32, std::vector<float>{0, -1.5f, 3e38f, 1e-40f});
    check(-64, FitsType::f64, std::vector<double>{0, -1.5, 3e300, 1e-310});
}

TEST_F(FitsFiles, SeveralUnitsAndMembersOfGzip) {
    FitsHeader empty;
    empty.set("SIMPLE", true);
    empty.set("BITPIX", 8);
    empty.set("NAXIS", 0);
    FitsHeader second;
    second.set("XTENSION", "IMAGE");
    second.set("BITPIX", 16);
    second.set("NAXIS", 3);
    second.set("NAXIS1", 3);
    second.set("NAXIS2", 1);
    second.set("NAXIS3", 2);
    second.set("PCOUNT", 0);
    second.set("GCOUNT", 1);
    const std::string image = second.blocks() + padded(big_endian(std::vector<std::int16_t>{1, 2, 3, 4, 5, 6}));
    // The second member begins with the second unit; what follows the third is no unit.
    for (const std::string& content : {empty.blocks() + image + image + std::string(fits_block, 'x'),
                                       gzipped(empty.blocks()) + gzipped(image + image)}) {
        FitsFile fits(file(content));
        ASSERT_EQ(fits.units().size(), 3u);
        EXPECT_FALSE(fits.units()[0].is_image);
        EXPECT_EQ(row_of<std::int16_t>(fits, 0, 2), (std::vector<std::int16_t>{1, 2, 3}));
        EXPECT_EQ(error_of([&] { row_of<std::int16_t>(fits, 1, 2); }).kind(), Error::Kind::internal);
    }
}

TEST_F(FitsFiles, ValuesAreScaledInTheTypeTheyBecome) {
    FitsHeader header = image_header(16, 3, 1);
    header.set("BSCALE", 0.5);
    header.set("BZERO", 10.0);
    header.set("BLANK", -32768);
    FitsFile fits(file(header.blocks() + padded(big_endian(std::vector<std::int16_t>{4, -32768, -3}))));
    EXPECT_EQ(fits.units()[0].value_type(), FitsType::f32);
    std::vector<float> values(3);
    fits.read_values(0, 0, reinterpret_cast<std::byte*>(values.data()));
    EXPECT_EQ(values[0], 12.0f);
    EXPECT_TRUE(std::isnan(values[1]));
    EXPECT_EQ(values[2], 8.5f);
    EXPECT_EQ(row_of<std::int16_t>(fits, 0), (std::vector<std::int16_t>{4, -32768, -3}));
}

TEST_F(FitsFiles, LongWholeNumbersAreValuesInFloatingPoint) {
    FitsFile fits(file(image_header(64, 2, 1).blocks() + padded(big_endian(std::vector<std::int64_t>{-7, 1ll << 50}))));
    EXPECT_EQ(fits.units()[0].value_type(), FitsType::f64);
    std::vector<double> values(2);
    fits.read_values(0, 0, reinterpret_cast<std::byte*>(values.data()));
    EXPECT_EQ(values, (std::vector<double>{-7, 1125899906842624.0}));
}

std::string table(const std::vector<std::pair<std::string, std::string>>& formats, int row_bytes, int rows,
                  const std::string& data) {
    FitsHeader first;
    first.set("SIMPLE", true);
    first.set("BITPIX", 8);
    first.set("NAXIS", 0);
    FitsHeader header;
    header.set("XTENSION", "BINTABLE");
    header.set("BITPIX", 8);
    header.set("NAXIS", 2);
    header.set("NAXIS1", row_bytes);
    header.set("NAXIS2", rows);
    header.set("PCOUNT", 0);
    header.set("GCOUNT", 1);
    header.set("TFIELDS", static_cast<int>(formats.size()));
    for (std::size_t i = 0; i < formats.size(); ++i)
        header.set("TFORM" + std::to_string(i + 1), formats[i].first);
    return first.blocks() + header.blocks() + padded(data);
}

TEST_F(FitsFiles, ColumnsHaveOneOrSeveralNumbersACell) {
    std::string data;
    for (int row = 0; row < 3; ++row)
        data += std::string(5, 'n') + big_endian(std::vector<std::int16_t>{static_cast<std::int16_t>(row)}) +
                big_endian(std::vector<float>{static_cast<float>(row) + 0.5f, static_cast<float>(row) - 0.5f});
    FitsFile fits(file(table({{"5A", ""}, {"I", ""}, {"2E", ""}}, 15, 3, data)));
    EXPECT_FALSE(fits.units()[1].is_image);
    EXPECT_EQ(fits.read_column(1, 1), (std::vector<double>{0, 1, 2}));
    EXPECT_EQ(fits.read_column(1, 2), (std::vector<double>{0.5, -0.5, 1.5, 0.5, 2.5, 1.5}));
    EXPECT_EQ(fits.column_type(1, 2), FitsType::f32);
    EXPECT_EQ(error_of([&] { fits.read_column(1, 0); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { fits.read_column(1, 3); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { fits.read_column(0, 0); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { fits.read_column(2, 0); }).kind(), Error::Kind::invalid);
}

TEST_F(FitsFiles, ColumnsThatCannotBeAreRefused) {
    for (const std::string format : {"", "4", "99E", "99999999999999999999E", "9223372036854775807E", "Z", "-1E"}) {
        FitsFile fits(file(table({{format, ""}}, 4, 1, "abcd")));
        EXPECT_EQ(error_of([&] { fits.read_column(1, 0); }).kind(), Error::Kind::invalid) << format;
    }
}

TEST_F(FitsFiles, DamagedOnesAreRefusedByName) {
    const std::string good = image_header(8, 100, 100).blocks() + padded(std::string(10000, 'x'));
    EXPECT_NE(std::string(refused("").what()).find("file0.fits"), std::string::npos);
    EXPECT_EQ(refused("GIF89a").kind(), Error::Kind::invalid);
    EXPECT_EQ(refused(good.substr(0, 2000)).kind(), Error::Kind::invalid);
    EXPECT_EQ(refused(good.substr(0, 9000)).kind(), Error::Kind::invalid);
    EXPECT_EQ(refused(gzipped(good).substr(0, 60)).kind(), Error::Kind::invalid);
    std::string broken = gzipped(good);
    broken[20] = static_cast<char>(broken[20] ^ 0x55);
    EXPECT_EQ(refused(broken).kind(), Error::Kind::invalid);
    // Without the padding after the last data it is fine.
    FitsFile fits(file(good.substr(0, fits_block + 10000)));
    EXPECT_EQ(row_of<std::uint8_t>(fits, 99).back(), 'x');
    EXPECT_EQ(error_of([&] { FitsFile{folder_.path() / "none.fits"}; }).kind(), Error::Kind::not_found);
    EXPECT_EQ(error_of([&] { FitsFile{folder_.path()}; }).kind(), Error::Kind::invalid);
}

TEST_F(FitsFiles, SizesThatCannotBeAreRefused) {
    const auto with = [](const char* key, std::int64_t value) {
        FitsHeader header = image_header(-64, 4, 4);
        header.set(key, value);
        return header.blocks() + std::string(fits_block, '\0');
    };
    const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    for (const char* key : {"NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT"})
        for (const std::int64_t value : {huge, huge / 8, std::int64_t{-1}, std::int64_t{1} << 33})
            EXPECT_EQ(refused(with(key, value)).kind(), Error::Kind::invalid) << key << value;
    EXPECT_EQ(refused(with("BITPIX", 12)).kind(), Error::Kind::invalid);
    EXPECT_EQ(refused(with("NAXIS", 3)).kind(), Error::Kind::invalid);  // NAXIS3 is missing
}

TEST_F(FitsFiles, RealOnesAreRead) {
    ATELIER_NEED_SKY_DATA();
    FitsFile herschel(sky_data() / "inputs/herschel_spire.fits.gz");
    ASSERT_FALSE(herschel.units().empty());
    FitsFile earth(sky_data() / "inputs/earth_healpix_equ.fits");
    ASSERT_EQ(earth.units().size(), 2u);
    const auto pixels = earth.read_column(1, 0);
    const auto side = static_cast<std::size_t>(earth.units()[1].header.whole("NSIDE").value_or(0));
    EXPECT_EQ(pixels.size(), 12 * side * side);
    FitsFile i16(sky_data() / "inputs/i16_300x280.fits");
    EXPECT_EQ(i16.units()[0].type, FitsType::i16);
    EXPECT_EQ(i16.units()[0].width, 300);
    EXPECT_EQ(i16.units()[0].height, 280);
}

TEST(FitsTile, ReadsBackTheSame) {
    FitsTile tile;
    tile.type = FitsType::f32;
    std::vector<float> numbers(256 * 256);
    std::iota(numbers.begin(), numbers.end(), -7.0f);
    tile.pixels.resize(numbers.size() * sizeof(float));
    std::memcpy(tile.pixels.data(), numbers.data(), tile.pixels.size());
    tile.range.emplace(-7, 65528);
    const std::string file = write_fits_tile(tile);
    EXPECT_EQ(file.size(), 267840u);
    // The first number of the file is that of the lowest row.
    EXPECT_EQ(file.substr(fits_block, 4), big_endian(std::vector<float>{255 * 256 - 7}));
    const FitsTile again = read_fits_tile(file);
    EXPECT_EQ(again.type, tile.type);
    EXPECT_EQ(again.pixels, tile.pixels);
    EXPECT_EQ(again.range, tile.range);
    EXPECT_EQ(error_of([&] { read_fits_tile(std::string_view(file).substr(0, 200000)); }).kind(), Error::Kind::invalid);
    tile.range.emplace(std::nan(""), 1);
    EXPECT_EQ(read_fits_tile(write_fits_tile(tile)).range, std::nullopt);
    tile.pixels.pop_back();
    EXPECT_EQ(error_of([&] { write_fits_tile(tile); }).kind(), Error::Kind::internal);
}

}  // namespace
}  // namespace atelier::pipelines::sky
