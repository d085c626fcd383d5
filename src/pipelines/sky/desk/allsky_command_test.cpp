#include "pipelines/sky/desk/allsky_command.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/files.h"
#include "base/testing.h"
#include "base/text.h"
#include "pipelines/sky/desk/hips_command.h"
#include "pipelines/sky/pyramid/allsky.h"
#include "pipelines/sky/pyramid/png_tile.h"

namespace atelier::pipelines::sky {
namespace {

namespace fs = std::filesystem;

class AllskyCommand : public testing::Test {
protected:
    AllskyCommand() {
        std::vector<std::byte> pixels(128 * 64 * 3);
        for (std::size_t i = 0; i < pixels.size(); ++i)
            pixels[i] = static_cast<std::byte>(i * 7 / 5);
        PngEncoder encoder(1);
        write_file_durably(map_, encoder.encode(Mode::rgb, pixels.data(), 128, 64));
    }

    MapRequest request(const std::string& folder, int depth) const {
        MapRequest request;
        request.path = map_;
        request.folder = place_.path() / folder;
        request.depth = depth;
        return request;
    }

    void expect_same_files(const std::string& one, const std::string& other) const {
        std::size_t files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(place_.path() / one)) {
            if (!entry.is_regular_file()) continue;
            const fs::path relative = entry.path().lexically_relative(place_.path() / one);
            EXPECT_EQ(read_file(entry.path()), read_file(place_.path() / other / relative)) << relative;
            ++files;
        }
        EXPECT_GT(files, 20u);
    }

    TemporaryFolder place_;
    fs::path map_ = place_.path() / "map.png";
    std::ostringstream out_, err_;
    cli::Output output_{out_, err_, {}};
};

TEST_F(AllskyCommand, BranchesAndWhatIsAboveMakeTheSameFiles) {
    tile_allsky_command(request("whole", 2), output_);
    for (const char* branch : {"1/0/0", "1/1/0", "1/0/1", "1/1/1"}) {
        MapRequest part = request("parts", 2);
        part.branch = branch;
        tile_allsky_command(part, output_);
    }
    EXPECT_FALSE(fs::exists(place_.path() / "parts" / "index_rel.wtml"));
    MapRequest last = request("parts", 2);
    last.above = 1;
    tile_allsky_command(last, output_);
    expect_same_files("whole", "parts");
}

TEST_F(AllskyCommand, ASecondRunLeavesNothingOfTheFirst) {
    tile_allsky_command(request("again", 3), output_);
    tile_allsky_command(request("again", 2), output_);
    tile_allsky_command(request("once", 2), output_);
    expect_same_files("again", "once");
}

TEST_F(AllskyCommand, DepthZeroIsAPyramid) {
    tile_allsky_command(request("zero", 0), output_);
    EXPECT_TRUE(fs::exists(place_.path() / "zero" / "0" / "0" / "0_0.png"));
    EXPECT_NE(read_file(place_.path() / "zero" / "index_rel.wtml").find("TileLevels=\"0\""), std::string::npos);
}

TEST_F(AllskyCommand, DepthIsToldFromTheMap) {
    MapRequest any = request("any", 0);
    any.depth.reset();
    tile_allsky_command(any, output_);
    EXPECT_NE(out_.str().find("at level " + std::to_string(depth_for(360.0 / 128))), std::string::npos) << out_.str();
}

TEST_F(AllskyCommand, WrongBranchesAreRefused) {
    const auto kind = [&](const auto& change) {
        MapRequest wrong = request("wrong", 2);
        change(wrong);
        return testing_support::error_of([&] { tile_allsky_command(wrong, output_); }).kind();
    };
    for (const char* branch : {"1/0", "a/b/c", "1/2/0", "3/0/0", "-1/0/0", "1/0/0/0", "99999999999/0/0"})
        EXPECT_EQ(kind([&](MapRequest& wrong) { wrong.branch = branch; }), Error::Kind::invalid) << branch;
    EXPECT_EQ(kind([](MapRequest& wrong) {
                  wrong.branch = "1/0/0";
                  wrong.depth.reset();
              }),
              Error::Kind::invalid);
    EXPECT_EQ(kind([](MapRequest& wrong) {
                  wrong.branch = "1/0/0";
                  wrong.above = 1;
              }),
              Error::Kind::invalid);
    EXPECT_EQ(kind([](MapRequest& wrong) { wrong.projection = "mercator"; }), Error::Kind::invalid);
}

TEST_F(AllskyCommand, HipsAndDeepZoomOfAMap) {
    HipsRequest hips;
    hips.input.path = map_;
    hips.folder = place_.path() / "hips";
    hips.order = 0;
    hips_command(hips, output_);
    for (const char* file :
         {"properties", "Moc.fits", "Norder0/Allsky.png", "Norder0/Dir0/Npix11.png", "index_rel.wtml", "thumb.jpg"})
        EXPECT_TRUE(fs::exists(hips.folder / file)) << file;
    DeepZoomRequest zoom;
    zoom.path = map_;
    deep_zoom_command(zoom, output_);
    EXPECT_TRUE(fs::exists(place_.path() / "map.dzi"));
    EXPECT_TRUE(fs::exists(place_.path() / "map_files" / "7" / "0_0.jpg"));
}

}  // namespace
}  // namespace atelier::pipelines::sky
