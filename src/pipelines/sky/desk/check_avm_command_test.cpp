#include "pipelines/sky/desk/check_avm_command.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/files.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::pipelines::sky {
namespace {

struct Told {
    int status = 0;
    std::string text;
};

Told check(const std::string& image, const CheckAvmRequest& options = {}, bool json = false) {
    CheckAvmRequest request = options;
    request.path = sky_data() / "inputs" / image;
    std::ostringstream out, err;
    cli::Output output(out, err, {});
    output.wants_json = json;
    const int status = check_avm_command(request, output);
    return {status, out.str()};
}

TEST(CheckAvm, TellsWhereAnImageLies) {
    ATELIER_NEED_SKY_DATA();
    const Told told = check("geminiann11015a.jpg", {.path = {}, .exitcode = true});
    EXPECT_EQ(told.status, 0);
    for (const char* part :
         {"for an image of 4958 x 3392 pixels; it has 1280 x 876", "23h 16m 11.95s −42° 35′ 15.1″", "in GRU",
          "0.136″ a pixel", "139.0° to the left of up", "as seen from the Earth", "upper right: 23h 16m 14.35s"})
        EXPECT_NE(told.text.find(part), std::string::npos) << part << "\n" << told.text;
    EXPECT_EQ(told.text.find("Publisher"), std::string::npos);
    EXPECT_NE(check("geminiann11015a.jpg", {.path = {}, .print = true}).text.find("Publisher: NSF's NOIRLab"),
              std::string::npos);
}

TEST(CheckAvm, TellsWhatIsWrongAndWhatItMeans) {
    ATELIER_NEED_SKY_DATA();
    const Told bad = check("badavm-type.png");
    EXPECT_EQ(bad.status, 1);
    EXPECT_NE(bad.text.find("Type: \"Rickroll\" is none of"), std::string::npos);
    EXPECT_NE(bad.text.find("the position isn't touched by it"), std::string::npos);
    EXPECT_NE(bad.text.find("it can't be placed: the position is that of an image of 3600 x 2627 pixels"),
              std::string::npos);
    EXPECT_EQ(check("rgb_256x256.png").status, 0);
    const Told none = check("rgb_256x256.png", {.path = {}, .exitcode = true});
    EXPECT_EQ(none.status, 1);
    EXPECT_NE(none.text.find("it has no AVM"), std::string::npos);
}

TEST(CheckAvm, SpeaksToPrograms) {
    ATELIER_NEED_SKY_DATA();
    const auto good = json::parse(check("NGC253ALMA.jpg", {.path = {}, .print = true}, true).text);
    EXPECT_EQ(good.at("position").at("constellation").as_string(), "SCL");
    EXPECT_EQ(good.at("position").at("corners").as_array().size(), 4u);
    EXPECT_EQ(good.at("tags").at("ID").at(0).as_string(), "NRAO_Gallery009");
    const auto none = json::parse(check("rgb_256x256.png", {}, true).text);
    EXPECT_FALSE(none.at("avm").as_bool());
    const auto bad = json::parse(check("badavm-type.png", {}, true).text);
    EXPECT_EQ(bad.at("problems").at(0).at("tag").as_string(), "Type");
    EXPECT_TRUE(bad.as_object().contains("reason"));
}

}  // namespace
}  // namespace atelier::pipelines::sky
