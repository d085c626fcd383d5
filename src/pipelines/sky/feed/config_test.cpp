#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "pipelines/sky/feed/config.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::pipelines::sky {
namespace {

using atelier::testing_support::error_of;
using ::testing::HasSubstr;

std::string refusal(const std::string& text) {
    const Error error = error_of([&] { parse_config(text, "config.yaml"); });
    EXPECT_EQ(error.kind(), Error::Kind::invalid);
    return error.what();
}

const std::string good =
    "source_type: astropix\npublish_url_prefix: //example.org/x\nfolder_name: Name\n"
    "astropix:\n  json_query_url: http://example.org/feed.json\n";

TEST(Config, ReadsThoseOfTheOriginal) {
    ATELIER_NEED_SKY_DATA();
    const auto folder = sky_data() / "pipeline";
    const Config config = parse_config(read_file(folder / "config.yaml"), "config.yaml");
    EXPECT_EQ(config.source_type, "astropix");
    EXPECT_EQ(config.publish_url_prefix, "//feeds.example.org/fab");
    EXPECT_EQ(config.folder_name, "Fabricated Studies");
    EXPECT_EQ(config.folder_thumbnail_url, "//www.worldwidetelescope.org/wwtweb/thumbnail.aspx?name=radiostudies");
    EXPECT_EQ(config.source.at("json_query_url"), "http://127.0.0.1:8641/feed.json");
    const Config gallery = parse_config(read_file(folder / "config_dj.yaml"), "config_dj.yaml");
    EXPECT_EQ(gallery.source.at("channel_name"), "fabchan");
}

TEST(Config, NamesWhatIsMissingWithItsPlace) {
    EXPECT_THAT(refusal("folder_name: x\n"), ::testing::AllOf(HasSubstr("config.yaml:1:1: source_type: is missing"),
                                                              HasSubstr("publish_url_prefix: is missing")));
    EXPECT_THAT(refusal("source_type: astropix\npublish_url_prefix: //x/y\n"), HasSubstr("astropix: is missing"));
    EXPECT_THAT(refusal("source_type: astropix\npublish_url_prefix: //x/y\nastropix:\n  check_sizes: true\n"),
                HasSubstr("config.yaml:3:1: astropix.json_query_url: is missing"));
}

TEST(Config, NamesWhatIsWrongWithItsPlace) {
    EXPECT_THAT(refusal("source_type: astropx\npublish_url_prefix: //x/y\n"),
                HasSubstr("config.yaml:1:14: source_type: there is no source 'astropx'; did you mean 'astropix'?"));
    EXPECT_THAT(refusal(good + "folder_nam: y\n"),
                HasSubstr("config.yaml:6:1: folder_nam: is unknown; did you mean 'folder_name'?"));
    EXPECT_THAT(refusal(good + "  json_query: http://x\n"),
                HasSubstr("config.yaml:6:3: astropix.json_query: is unknown"));
    EXPECT_THAT(refusal("source_type: astropix\npublish_url_prefix: studies\nastropix: {json_query_url: x.json}\n"),
                ::testing::AllOf(HasSubstr("config.yaml:2:21: publish_url_prefix: an address is expected"),
                                 HasSubstr("config.yaml:3:28: astropix.json_query_url: an address is expected")));
    EXPECT_THAT(refusal(good + "folder_name: twice\n"), HasSubstr("folder_name"));
}

TEST(Config, RefusesWhatIsNoConfig) {
    EXPECT_THAT(refusal(""), HasSubstr("empty"));
    EXPECT_THAT(refusal("- a\n- b\n"), HasSubstr("config.yaml:1:1"));
    EXPECT_THAT(refusal("a: [b\n"), HasSubstr("not valid YAML"));
    EXPECT_THAT(refusal("source_type: {a: b}\npublish_url_prefix: //x/y\n"), HasSubstr("config.yaml:1:14"));
    EXPECT_THAT(refusal("source_type: astropix\npublish_url_prefix: //x/y\nastropix: 7\n"),
                HasSubstr("config.yaml:3:11: astropix: keys with values are expected"));
}

TEST(Config, SectionsOfOtherSourcesMayStay) {
    const Config config = parse_config(good + "urls:\n  anything: goes\n", "c");
    EXPECT_EQ(config.source.size(), 1u);
}

TEST(Config, ListsBecomeLines) {
    const Config config = parse_config(
        "source_type: urls\npublish_url_prefix: https://x/\nurls:\n  images:\n  - http://a/1.jpg\n  - http://a/2.jpg\n",
        "c");
    EXPECT_EQ(config.source.at("images"), "http://a/1.jpg\nhttp://a/2.jpg");
}

}  // namespace
}  // namespace atelier::pipelines::sky
