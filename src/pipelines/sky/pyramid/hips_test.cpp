#include "pipelines/sky/pyramid/hips.h"

#include <cmath>
#include <cstring>

#include "base/testing.h"
#include "base/text.h"
#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/pixels/pixels.h"
#include "pipelines/sky/place/wcs.h"
#include "pipelines/sky/pyramid/healpix.h"
#include "pipelines/sky/pyramid/testing_tables.h"

namespace atelier::pipelines::sky {
namespace {

constexpr double degree = 0.017453292519943295;

// A sky whose colours tell the direction: each channel is a coordinate.
class Coloured : public SkySource {
public:
    explicit Coloured(double resolution, Mode mode = Mode::rgb) {
        mode_ = mode;
        resolution_ = resolution;
    }
    void look(const Directions& at, const ExactPosition&, std::byte* values) const override {
        for (std::size_t i = 0; i < at.size(); ++i) {
            const double length = std::hypot(at.x[i], at.y[i], at.z[i]);
            if (mode_ == Mode::f32) {
                const auto lat = static_cast<float>(std::asin(at.z[i] / length) / degree);
                std::memcpy(values + 4 * i, &lat, sizeof lat);
                continue;
            }
            values[3 * i] = level(at.x[i] / length);
            values[3 * i + 1] = level(at.y[i] / length);
            values[3 * i + 2] = level(at.z[i] / length);
        }
    }
    static std::byte level(double coordinate) {
        return static_cast<std::byte>(std::lround(127.5 + 127.4 * coordinate));
    }
};

// What stands in a HiPS in a direction, found as a reader finds it.
std::array<int, 3> pixel_in(const std::filesystem::path& root, int order, int width, const LonLat& at) {
    const std::int64_t nside = std::int64_t{width} << order;
    const std::int64_t pixel = healpix_pixel(nside, HealpixOrder::nested, at);
    const std::int64_t in_tile = pixel % (std::int64_t{width} * width);
    std::int64_t down = 0, right = 0;  // the bits of a nested number by turns, the first to the north-east
    for (int bit = 0; bit < 16; ++bit) {
        down |= (in_tile >> (2 * bit) & 1) << bit;
        right |= (in_tile >> (2 * bit + 1) & 1) << bit;
    }
    const auto rows = open_pixels(root / hips_tile_path(order, pixel / (std::int64_t{width} * width), ".png"), {});
    EXPECT_EQ(rows->width(), width);
    EXPECT_EQ(rows->height(), width);
    std::vector<std::byte> row(rows->row_bytes());
    for (std::int64_t y = 0; y <= down; ++y)
        rows->read(row.data());
    const std::size_t size = pixel_bytes(rows->mode());
    std::array<int, 3> found;
    for (std::size_t i = 0; i < 3; ++i)
        found[i] = static_cast<int>(row[static_cast<std::size_t>(right) * size + i]);
    return found;
}

const std::vector<LonLat> directions = {{0.1, 0.2},  {1.7, -0.3}, {3.3, 1.2},   {4.9, -1.4},
                                        {6.1, 0.75}, {2.2, 0.0},  {5.5, -0.72}, {0.785, 1.5}};

void expect_directions(const std::filesystem::path& root, int order, int width, Frame frame) {
    for (const LonLat& icrs : directions) {
        const auto found = pixel_in(root, order, width, from_icrs(icrs, frame));
        const auto expected = direction_of(icrs);
        // As far as a pixel is wide, and a level of colour.
        const double near = 127.4 * 1.1 / width / (1 << order) + 1;
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(found[i], 127.5 + 127.4 * expected[i], near) << order << " " << icrs.lon << " " << icrs.lat;
    }
}

TEST(Hips, EveryOrderShowsEachDirectionWhereReadersLook) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    const HipsMade made = make_hips(Coloured(0.5), {.title = "Test", .order = 1}, tree);
    EXPECT_EQ(made.order, 1);
    EXPECT_EQ(made.tile_width, 512);
    EXPECT_EQ(made.sky_fraction, 1);
    for (int order = 0; order <= 1; ++order)
        expect_directions(place.path(), order, 512, Frame::icrs);
}

TEST(Hips, InGalacticCoordinates) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    make_hips(Coloured(0.5), {.title = "Test", .frame = Frame::galactic, .order = 0}, tree);
    expect_directions(place.path(), 0, 512, Frame::galactic);
    const std::string properties = read_file(place.path() / "properties");
    EXPECT_NE(properties.find("hips_frame           = galactic\n"), std::string::npos);
    EXPECT_NE(properties.find("hips_tile_width      = 512\n"), std::string::npos);
}

// The coarsest maps have narrow tiles, so that order 3, which readers ask for, is not much finer than they are.
TEST(Hips, NarrowTilesAndThePictureOfAll) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    const HipsMade made = make_hips(Coloured(10), {.title = "Test", .effort = 0}, tree);
    EXPECT_EQ(made.order, 3);
    EXPECT_EQ(made.tile_width, 256);
    expect_directions(place.path(), 3, 256, Frame::icrs);
    const auto rows = open_pixels(place.path() / "Norder3" / "Allsky.png", {});
    ASSERT_EQ(rows->width(), 27 * 64);
    ASSERT_EQ(rows->height(), 29 * 64);
    std::vector<std::vector<std::byte>> all(static_cast<std::size_t>(rows->height()),
                                            std::vector<std::byte>(rows->row_bytes()));
    for (auto& row : all)
        rows->read(row.data());
    const std::size_t size = pixel_bytes(rows->mode());
    for (const std::int64_t number : {0, 26, 27, 400, 767}) {
        const FacePixel at = face_pixel(8, number);
        const auto centre =
            face_direction(at.face, (static_cast<double>(at.x) + 0.5) / 8, (static_cast<double>(at.y) + 0.5) / 8);
        const auto& row = all[static_cast<std::size_t>(number / 27) * 64 + 32];
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(static_cast<int>(row[(static_cast<std::size_t>(number % 27) * 64 + 32) * size + i]),
                        127.5 + 127.4 * centre[i], 2);
    }
}

TEST(Hips, PropertiesHaveWhatTheStandardRequires) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    make_hips(Coloured(0.5), {.title = "A title\nof two lines", .id = "ivo://example/P/test", .order = 0}, tree);
    std::map<std::string, std::string> properties;
    const std::string text = read_file(place.path() / "properties");
    for (const auto line : split(text, '\n')) {
        if (line.empty()) continue;
        const std::size_t equals = line.find('=');
        ASSERT_NE(equals, std::string_view::npos) << line;
        properties[std::string(trim(line.substr(0, equals)))] = trim(line.substr(equals + 1));
    }
    for (const char* key : {"creator_did", "obs_title", "dataproduct_type", "hips_version", "hips_release_date",
                            "hips_status", "hips_tile_format", "hips_order", "hips_frame", "hips_tile_width"})
        EXPECT_TRUE(properties.contains(key)) << key;
    EXPECT_EQ(properties["obs_title"], "A title of two lines");
    EXPECT_EQ(properties["creator_did"], "ivo://example/P/test");
    EXPECT_EQ(properties["hips_order"], "0");
    EXPECT_EQ(properties["hips_tile_format"], "png");
    EXPECT_EQ(properties["hips_frame"], "equatorial");
    EXPECT_EQ(properties["hips_release_date"].size(), std::string("2026-01-01T00:00Z").size());
}

// The header of FITS tiles is the standard's own example, and points where HEALPix says the pixels are.
TEST(Hips, FitsTilesSayWhereTheyAre) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    const HipsMade made =
        make_hips(Coloured(0.5, Mode::f32), {.title = "Test", .order = 1, .format = TileFormat::fits}, tree);
    EXPECT_LT(made.cut.first, -80);
    EXPECT_GT(made.cut.second, 80);
    const FitsFile whole(place.path() / "Norder0" / "Dir0" / "Npix7.fits");
    const FitsHeader& header = whole.units().front().header;
    EXPECT_EQ(header.text("CTYPE1"), "RA---HPX");
    EXPECT_DOUBLE_EQ(header.number("CRPIX1").value(), -255.5);
    EXPECT_DOUBLE_EQ(header.number("CRPIX2").value(), -255.5);
    EXPECT_DOUBLE_EQ(header.number("CD1_1").value(), -8.7890625e-2);
    EXPECT_DOUBLE_EQ(header.number("CD2_1").value(), 8.7890625e-2);
    FitsFile tile(place.path() / hips_tile_path(1, 18, ".fits"));
    const FitsHeader& place_of_tile = tile.units().front().header;
    std::vector<float> row(512);
    for (const int line : {0, 200, 511}) {
        tile.read_row(0, line, reinterpret_cast<std::byte*>(row.data()));
        for (const int column : {0, 100, 511}) {
            const double across = column + 1 - place_of_tile.number("CRPIX1").value();
            const double up = line + 1 - place_of_tile.number("CRPIX2").value();
            const double lat_in_plane =
                place_of_tile.number("CD2_1").value() * across + place_of_tile.number("CD2_2").value() * up;
            ASSERT_LT(std::fabs(lat_in_plane), 45);  // on the belt, where its sine is 2/3 of a part of 45 degrees
            EXPECT_NEAR(row[static_cast<std::size_t>(column)], std::asin(lat_in_plane / 67.5) / degree, 1e-4);
        }
    }
}

TEST(Hips, CoverageIsMadeOfTheLargestCells) {
    EXPECT_EQ(coverage_cells(0, {0, 1, 2, 3}), (std::vector<std::int64_t>{4, 5, 6, 7}));
    EXPECT_EQ(coverage_cells(1, {4, 5, 6, 7, 9}), (std::vector<std::int64_t>{5, 25}));
    EXPECT_EQ(coverage_cells(2, {3, 2, 1, 0}), (std::vector<std::int64_t>{16}));
    EXPECT_TRUE(coverage_cells(5, {}).empty());
    const TemporaryFolder place;
    FileTree tree(place.path());
    tree.write("Moc.fits", write_moc(1, {5, 25}, Frame::icrs));
    FitsFile file(place.path() / "Moc.fits");
    ASSERT_EQ(file.units().size(), 2u);
    EXPECT_EQ(file.units()[1].header.text("ORDERING"), "NUNIQ");
    EXPECT_EQ(file.read_column(1, 0), (std::vector<double>{5, 25}));
}

TEST(Hips, ImagesOfAPartMakeThePartAlone) {
    class Grey : public PixelRows {
    public:
        Grey() {
            width_ = height_ = 64;
            mode_ = Mode::rgb;
        }
        void read(std::byte* row) override { std::memset(row, 100, row_bytes()); }
    } rows;
    Wcs wcs;
    wcs.crval1 = 83.6;
    wcs.crval2 = 22;
    wcs.crpix1 = wcs.crpix2 = 32.5;
    wcs.cd11 = -0.01;
    wcs.cd22 = -0.01;
    const auto sky = open_image(rows, wcs);
    const TemporaryFolder place;
    FileTree tree(place.path());
    const HipsMade made = make_hips(*sky, {.title = "Part"}, tree);
    EXPECT_EQ(made.order, 4);
    EXPECT_LT(made.sky_fraction, 0.01);
    EXPECT_GT(made.sky_fraction, 0);
    const auto inside = pixel_in(place.path(), made.order, 512, {83.6 * degree, 22 * degree});
    EXPECT_EQ(inside, (std::array<int, 3>{100, 100, 100}));
}

TEST(Hips, FormatsThatDontFitAreRefused) {
    const TemporaryFolder place;
    FileTree tree(place.path());
    const auto kind = [&](const SkySource& sky, const HipsOptions& options) {
        return testing_support::error_of([&] { make_hips(sky, options, tree); }).kind();
    };
    EXPECT_EQ(kind(Coloured(1), {.title = "x", .format = TileFormat::fits}), Error::Kind::invalid);
    EXPECT_EQ(kind(Coloured(1, Mode::f32), {.title = "x"}), Error::Kind::invalid);
    EXPECT_EQ(kind(Coloured(1), {.title = "x", .order = 30}), Error::Kind::invalid);
}

TEST(Hips, ShapeFollowsTheResolution) {
    EXPECT_EQ(hips_shape(1).order, 3);
    EXPECT_EQ(hips_shape(1).tile_width, 256);
    EXPECT_EQ(hips_shape(51.54 / 3600).order, 3);
    EXPECT_EQ(hips_shape(51.54 / 3600).tile_width, 512);
    EXPECT_EQ(hips_shape(51.5 / 3600).order, 4);
}

}  // namespace
}  // namespace atelier::pipelines::sky
