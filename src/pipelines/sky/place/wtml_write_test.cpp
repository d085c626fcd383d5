#include <gtest/gtest.h>

#include "base/text.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {
namespace {

TEST(NumberText, IsThatOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    const auto table = sky_table("float_text");
    ASSERT_GT(table.as_array().size(), 20u);
    for (const auto& row : table.as_array()) {
        const double value = *parse_number(row.at(0).as_string());
        EXPECT_EQ(number_text(value), row.at(1).as_string());
    }
}

TEST(WriteWtml, HasTheOriginalsForm) {
    WtmlFolder folder;
    folder.name = "Toasty";
    Place place;
    place.name = "Toasty";
    place.ra = 5.559811647114882;
    place.dec = -4.617167529624083;
    place.zoom_level = 43.43160000000001;
    place.constellation = "ORI";
    place.thumbnail = "thumb.jpg";
    place.image.name = "Toasty";
    place.image.url = "{1}/{3}/{3}_{2}.png";
    place.image.base_degrees_per_tile = 8.192000000000002;
    place.image.sparse = false;
    place.image.center_x = 85.5;
    place.image.center_y = -2.5;
    place.image.offset_x = 2.1216000000000004;
    place.image.offset_y = 2.0970000000000004;
    place.image.rotation = -89.99;
    place.image.tile_levels = 4;
    place.image.thumbnail_url = "thumb.jpg";
    folder.places.push_back(place);
    ATELIER_NEED_SKY_DATA();
    EXPECT_EQ(write_wtml(folder), read_file(sky_data() / "cases/wwtl_basic/out/index_rel.wtml"));
}

TEST(WriteWtml, EscapesWhatXmlCannotHold) {
    WtmlFolder folder;
    folder.name = "a \"b\" <c> & \x01 d\n\xFF \xEF\xBF\xBF.";
    ImageSet image;
    image.credits = "\"A\" & <B>";
    folder.images.push_back(image);
    const std::string text = write_wtml(folder);
    EXPECT_NE(text.find("Name=\"a &quot;b&quot; &lt;c&gt; &amp;  d&#10;\\xff .\""), std::string::npos) << text;
    EXPECT_NE(text.find("<Credits>\"A\" &amp; &lt;B&gt;</Credits>"), std::string::npos) << text;
    EXPECT_NE(text.find("<ThumbnailUrl />"), std::string::npos);
}

}  // namespace
}  // namespace atelier::pipelines::sky
