#include "pipelines/sky/desk/study_command.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/fits_header.h"
#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/pyramid/png_tile.h"
#include "pipelines/sky/pyramid/study.h"

namespace atelier::pipelines::sky {
namespace {

namespace fs = std::filesystem;

constexpr double scale = 1e-3;  // degrees a pixel

class StudyCommand : public testing::Test {
protected:
    fs::path picture(int width, int height, const std::string& name = "m31.png") const {
        std::vector<std::byte> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
        for (std::size_t i = 0; i < pixels.size(); ++i)
            pixels[i] = static_cast<std::byte>(i * 11 / 7);
        PngEncoder encoder(1);
        const fs::path path = place_.path() / name;
        write_file_durably(path, encoder.encode(Mode::rgb, pixels.data(), width, height));
        return path;
    }

    // A header alone. parity -1: that of FITS.
    fs::path header(int width, int height, int parity) const {
        FitsHeader cards;
        cards.set("SIMPLE", true);
        cards.set("BITPIX", std::int64_t{8});
        cards.set("NAXIS", std::int64_t{0});
        cards.set("IMAGEW", std::int64_t{width});
        cards.set("IMAGEH", std::int64_t{height});
        cards.set("CTYPE1", std::string_view("RA---TAN"));
        cards.set("CTYPE2", std::string_view("DEC--TAN"));
        cards.set("CRVAL1", 40.0);
        cards.set("CRVAL2", 20.0);
        cards.set("CRPIX1", (width + 1) / 2.0);
        cards.set("CRPIX2", (height + 1) / 2.0);
        cards.set("CD1_1", -scale);
        cards.set("CD2_2", -scale * parity);
        const fs::path path = place_.path() / "position.fits";
        write_file_durably(path, cards.blocks());
        return path;
    }

    StudyRequest request(const fs::path& path) const {
        StudyRequest request;
        request.path = path;
        request.folder = folder_;
        return request;
    }

    Place index() const { return read_wtml(read_file(folder_ / "index_rel.wtml"), "index_rel.wtml").places.at(0); }

    std::size_t tiles(int level) const { return TileFolder(folder_, {}).tiles(level).size(); }

    TemporaryFolder place_;
    fs::path folder_ = place_.path() / "out";
    std::ostringstream out_, err_;
    cli::Output output_{out_, err_, {}};
};

TEST_F(StudyCommand, MakesAllLevelsAtOnce) {
    tile_study_command(request(picture(600, 300)), output_);
    EXPECT_EQ(tiles(2), 8u);
    EXPECT_EQ(tiles(1), 4u);
    EXPECT_EQ(tiles(0), 1u);
    EXPECT_TRUE(fs::exists(folder_ / "thumb.jpg"));
    EXPECT_EQ(index().name, "m31");
    EXPECT_EQ(index().image.tile_levels, 2);
    EXPECT_EQ(out_.str().find("cascade"), std::string::npos);
}

TEST_F(StudyCommand, LeavesTheLevelsAboveToCascade) {
    StudyRequest leaves = request(picture(600, 300));
    leaves.leaves_alone = true;
    tile_study_command(leaves, output_);
    EXPECT_EQ(tiles(1), 0u);
    EXPECT_NE(out_.str().find("atelier sky cascade --start 2 "), std::string::npos);
}

TEST_F(StudyCommand, ReplacesAnotherPicture) {
    tile_study_command(request(picture(900, 700)), output_);
    EXPECT_EQ(tiles(2), 16u);
    tile_study_command(request(picture(200, 100, "small.png")), output_);
    EXPECT_EQ(tiles(2), 0u);
    EXPECT_EQ(tiles(0), 1u);
    EXPECT_EQ(index().name, "small");
}

TEST_F(StudyCommand, LeavesNoIndexOfAPictureThatItCantRead) {
    tile_study_command(request(picture(600, 300)), output_);
    const fs::path broken = picture(600, 300, "broken.png");
    fs::resize_file(broken, fs::file_size(broken) / 2);
    EXPECT_EQ(testing_support::error_of([&] { tile_study_command(request(broken), output_); }).kind(),
              Error::Kind::invalid);
    EXPECT_FALSE(fs::exists(folder_ / "index_rel.wtml"));
}

TEST_F(StudyCommand, PutsASmallImageWhereItLies) {
    StudyRequest small = request(picture(200, 100));
    small.fits_wcs = header(200, 100, 1);
    tile_study_command(small, output_);
    EXPECT_EQ(index().image.projection, "Tan");
    EXPECT_EQ(index().image.tile_levels, 1);
    EXPECT_EQ(tiles(1), 4u);
    EXPECT_NEAR(index().image.base_degrees_per_tile, 512 * scale, 1e-9);
    small.image.compatible = true;
    tile_study_command(small, output_);
    EXPECT_EQ(index().image.projection, "SkyImage");
}

TEST_F(StudyCommand, MovesThePositionWithWhatIsCutOff) {
    StudyRequest cut = request(picture(600, 400));
    cut.fits_wcs = header(600, 400, 1);
    tile_study_command(cut, output_);
    EXPECT_NEAR(index().dec, 20, 1e-6);
    cut.image.crop = "100,0,0,0";  // from above: the middle is 50 pixels lower
    tile_study_command(cut, output_);
    EXPECT_NEAR(std::abs(index().dec - 20), 50 * scale, 1e-4);
    const double lower = index().dec;
    cut.fits_wcs = header(600, 400, -1);  // the image stands on its head
    tile_study_command(cut, output_);
    EXPECT_NEAR(index().dec, 40 - lower, 1e-4);
}

TEST_F(StudyCommand, FitsAPositionOfAnotherSize) {
    StudyRequest half = request(picture(300, 200));
    half.fits_wcs = header(600, 400, 1);
    tile_study_command(half, output_);
    EXPECT_NEAR(index().image.base_degrees_per_tile, 512 * 2 * scale, 1e-9);
    EXPECT_NE(err_.str().find("it is scaled"), std::string::npos);
}

TEST_F(StudyCommand, TellsWhatIsMissing) {
    StudyRequest nowhere = request(picture(300, 200));
    nowhere.avm = true;
    EXPECT_NE(std::string(testing_support::error_of([&] { tile_study_command(nowhere, output_); }).what()).find("AVM"),
              std::string::npos);
    for (const char* crop : {"1,2,3", "x", "-1", "1,,2", "200"}) {
        StudyRequest cut = request(picture(300, 200));
        cut.image.crop = crop;
        testing_support::error_of([&] { tile_study_command(cut, output_); });
    }
}

}  // namespace
}  // namespace atelier::pipelines::sky
