#include "pipelines/sky/place/wwtl.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

const std::string description =
    "\xEF\xBB\xBF<LayerContainer ID='c'><Layers><Layer Id='l' Type='TerraViewer.ImageSetLayer' Extension='.jpg'>"
    "<ImageSet Projection='SkyImage' CenterX='1.5' Sparse='False' MeanRadius='0' DemUrl='' Own='x'/></Layer></Layers>"
    "</LayerContainer>";

class WwtlFiles : public ::testing::Test {
protected:
    static std::string cabinet(const std::string& about, const std::string& name = "c\\l.jpg", int size = 5,
                               int offset = -1) {
        const std::string files = fmt::format(
            "<Files><File Name='c.wwtxml' Size='{}' Offset='0'/><File Name='{}' Size='{}' Offset='{}'/>"
            "</Files></FileCabinet>",
            about.size(), name, size, offset < 0 ? static_cast<int>(about.size()) : offset);
        const std::string head = "<FileCabinet HeaderSize=\"0x%\">";
        const std::size_t length = head.size() + 7 + files.size();
        return fmt::format("<FileCabinet HeaderSize=\"0x{:08x}\">", length) + files + about + "image";
    }
    std::filesystem::path file(const std::string& bytes) {
        const auto path = folder_.path() / "layer.wwtl";
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    std::string reason(const std::string& bytes) {
        const Error error = error_of([&] { read_wwtl(file(bytes)); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid);
        return error.what();
    }
    std::string changed(const std::string& from, const std::string& to) {
        std::string text = description;
        return reason(cabinet(text.replace(text.find(from), from.size(), to)));
    }
    TemporaryFolder folder_;
};

TEST_F(WwtlFiles, GiveTheImageAndItsPlace) {
    for (const char* name : {"c\\l.jpg", "l.jpg"}) {
        const auto path = file(cabinet(description, name));
        const Wwtl wwtl = read_wwtl(path);
        EXPECT_EQ(wwtl.image.center_x, 1.5);
        EXPECT_FALSE(wwtl.image.sparse);
        EXPECT_EQ(wwtl.image.others, (std::map<std::string, std::string>{{"Own", "x"}}));
        EXPECT_EQ(wwtl.extension, ".jpg");
        extract_image(path, wwtl, folder_.path() / "image");
        EXPECT_EQ(read_file(folder_.path() / "image"), "image");
    }
}

TEST_F(WwtlFiles, DamagedOnesAreRefused) {
    const std::string good = cabinet(description);
    for (std::size_t cut = 0; cut < good.size(); cut += 7)
        EXPECT_EQ(error_of([&] { read_wwtl(file(good.substr(0, cut))); }).kind(), Error::Kind::invalid) << cut;
    EXPECT_NE(reason(cabinet(description, "c\\l.jpg", 6)).find("beyond the end"), std::string::npos);
    EXPECT_NE(reason(cabinet(description, "c\\l.jpg", 5, 2000000000)).find("beyond the end"), std::string::npos);
    EXPECT_NE(reason(cabinet(description, "c\\other.jpg")).find("missing"), std::string::npos);
    EXPECT_NE(reason("<FileCabinet HeaderSize=\"0xFFFFFFFFFF\">").find("longer than it can be"), std::string::npos);
    EXPECT_NE(reason("<FileCabinet HeaderSize=\"0xZ\">").find("no number"), std::string::npos);
    EXPECT_NE(reason("PNG").find("FileCabinet"), std::string::npos);
}

TEST_F(WwtlFiles, WhatIsNoImageOnTheSkyIsRefused) {
    EXPECT_NE(changed("SkyImage", "Tan").find("another projection"), std::string::npos);
    EXPECT_NE(changed("TerraViewer.ImageSetLayer", "Other").find("no image"), std::string::npos);
    EXPECT_NE(changed("</Layer>", "</Layer><Layer/>").find("more than one"), std::string::npos);
    EXPECT_NE(changed("Extension='.jpg'", "Extension='/../x'").find("Extension"), std::string::npos);
    EXPECT_NE(changed("CenterX='1.5'", "CenterX='east'").find("CenterX is not a number"), std::string::npos);
}

TEST_F(WwtlFiles, ARealOneIsRead) {
    ATELIER_NEED_SKY_DATA();
    const auto path = sky_data() / "inputs/image.wwtl";
    const Wwtl wwtl = read_wwtl(path);
    EXPECT_EQ(wwtl.size, 215366u);
    EXPECT_EQ(wwtl.image.rotation, -89.99);
    EXPECT_TRUE(wwtl.image.others.empty());
    extract_image(path, wwtl, folder_.path() / "image.jpg");
    EXPECT_EQ(read_file(folder_.path() / "image.jpg").substr(0, 3), "\xFF\xD8\xFF");
}

}  // namespace
}  // namespace atelier::pipelines::sky
