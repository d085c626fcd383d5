// The feeds as strangers send them: the fabricated ones of the shared data, and broken and hostile ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "pipelines/sky/feed/astropix.h"
#include "pipelines/sky/feed/data2dome.h"
#include "pipelines/sky/feed/djangoplicity.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/script_reader.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::pipelines::sky {
namespace {

using atelier::testing_support::error_of;
using ::testing::HasSubstr;

json::Value astropix_item(const std::string& more) {
    return json::parse(R"({"publisher_id": "fab", "image_id": "X", "title": "x", "resource_url": "http://h/x.jpg",
        "wcs_projection": "TAN", "wcs_reference_value": ["10", "20"], "wcs_reference_dimension": ["400.0", "300.0"],
        "wcs_reference_pixel": ["200", "150"], "wcs_scale": ["-1e-4", "1e-4"], "wcs_rotation": "0", "image_max_boundry": "400")" +
                       (more.empty() ? "" : ", " + more) + "}");
}

std::string rejection(const std::string& more) { return candidate_of_astropix(astropix_item(more)).rejected; }

TEST(AstroPix, ReadsTheFeed) {
    ATELIER_NEED_SKY_DATA();
    const auto candidates = parse_astropix(read_file(sky_data() / "pipeline/www/feed.json"));
    ASSERT_EQ(candidates.size(), 6u);
    EXPECT_EQ(candidates[0].id, "fab_ngc253_a");
    EXPECT_EQ(candidates[0].image_url, "http://127.0.0.1:8641/a.jpg");
    EXPECT_EQ(candidates[0].rejected, "");
    EXPECT_EQ(candidates[3].id, "fab_sin_d");
    EXPECT_THAT(candidates[3].rejected, HasSubstr("projection SIN is not supported"));
    EXPECT_EQ(candidates[4].id, "fab_sub_dir_e");
    EXPECT_EQ(candidates[4].rejected, "AstroPix images with \"/\" in their IDs aren't retrievable");
    const Caption caption = caption_of_astropix(candidates[0].item);
    EXPECT_EQ(caption.title, "NGC 253 (A)");
    EXPECT_EQ(caption.credits, "Credit & Co <x@example.org>");
    EXPECT_EQ(caption.credits_url, "https://example.org/ref/NGC253_A");
    EXPECT_EQ(caption.last_updated, "2019-04-08 14:00:38.128143+00:00");
}

TEST(AstroPix, FindsImagesInTheArchiveByTheirSize) {
    const auto url = [](const std::string& size) {
        return candidate_of_astropix(astropix_item(R"("resource_url": "", "image_max_boundry": ")" + size + "\""))
            .image_url;
    };
    const std::string stem = "http://astropix.ipac.caltech.edu/archive/fab/x/fab_x_";
    const std::pair<const char*, const char*> sizes[] = {
        {"30000", "24000"}, {"24000", "24000"}, {"23999", "12000"}, {"6000", "6000"}, {"1600", "1600"},
        {"1599", "1280"},   {"1025", "1280"},   {"1024", "1024"},   {"501", "1024"},  {"500", "500"},
        {"321", "500"},     {"320", "320"},     {"", "320"}};
    for (const auto& [size, kept] : sizes)
        EXPECT_EQ(url(size), stem + kept + ".jpg") << size;
    const Candidate candidate = candidate_of_astropix(astropix_item(R"("resource_url": null)"));
    EXPECT_EQ(candidate.other_urls.back(), stem + "original.jpg");
}

TEST(AstroPix, SaysWhyAnImageCannotBePlaced) {
    EXPECT_EQ(rejection(""), "");
    const std::pair<const char*, const char*> wrong[] = {
        {R"("wcs_projection": "CAR")", "projection CAR is not supported"},
        {R"("wcs_reference_pixel": ["402", "150"])", "reference pixel lies outside the image: 402, 150 in 400 x 300"},
        {R"("wcs_reference_pixel": ["nan", "150"])", "reference pixel"},
        {R"("wcs_scale": ["0", "0"])", "scale is 0"},
        {R"("wcs_scale": [])", "scale"},
        {R"("wcs_reference_value": ["10", "91"])", "declination"},
        {R"("wcs_reference_value": ["10"])", "reference value"},
        {R"("wcs_reference_dimension": ["0", "0"])", "reference dimension"},
        {R"("wcs_projection": null, "wcs_reference_value": null)", "missing"},
        {R"("image_id": "")", "no image_id"}};
    for (const auto& [more, reason] : wrong)
        EXPECT_THAT(rejection(more), HasSubstr(reason)) << more;
}

TEST(AstroPix, RefusesHostileNames) {
    for (const std::string id : {R"(a b)", R"(a\u0000b)", R"(a\nb)", R"(\u00e9)", R"(a\\b)", R"($(x))", R"(*)"}) {
        const Candidate candidate = candidate_of_astropix(astropix_item("\"image_id\": \"" + id + "\""));
        EXPECT_TRUE(is_id(candidate.id)) << id;
        EXPECT_NE(candidate.rejected, "") << id;
    }
    for (const std::string publisher : {"..", ".", "-rf", "../../etc"}) {
        const Candidate candidate = candidate_of_astropix(astropix_item("\"publisher_id\": \"" + publisher + "\""));
        EXPECT_TRUE(is_id(candidate.id)) << publisher;
        EXPECT_NE(candidate.id.front(), '.');
        EXPECT_NE(candidate.rejected + candidate.id, "..") << publisher;
    }
    EXPECT_NE(rejection("\"image_id\": \"" + std::string(5000, 'a') + "\""), "");
}

TEST(AstroPix, RefusesWhatIsNoFeed) {
    for (const char* text : {"", "{}", "7", "[", "[{]", "<html>not found</html>", "\"x\""})
        EXPECT_EQ(error_of([&] { parse_astropix(text); }).kind(), Error::Kind::invalid) << text;
    EXPECT_TRUE(parse_astropix("[]").empty());
    for (const Candidate& candidate : parse_astropix(R"([{}, 7, null, [], "x", {"image_id": {}, "publisher_id": []}])"))
        EXPECT_NE(candidate.rejected, "");
}

TEST(Djangoplicity, ReadsGalleryAndImage) {
    ATELIER_NEED_SKY_DATA();
    const auto folder = sky_data() / "pipeline/www/dj";
    const auto items = parse_gallery(read_file(folder / "archive/search/page/1/index.html"));
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(text_at(items[0], "id"), "dj001a");
    EXPECT_EQ(text_at(items[1], "title"), "No WCS here");
    const Candidate good =
        candidate_of_djangoplicity("dj001a", json::parse(read_file(folder / "dj001a/api/json/index.html")));
    EXPECT_EQ(good.rejected, "");
    EXPECT_EQ(good.image_url, "http://127.0.0.1:8641/dj/dj001a.jpg");
    EXPECT_EQ(good.image_bytes, 86357u);
    const Caption caption = caption_of_djangoplicity(good.item, "fabchan");
    EXPECT_EQ(caption.title, "Brown dwarf (artist\u2019s concept)");
    EXPECT_EQ(caption.place_description, "Text with &lt;i&gt;markup&lt;/i&gt; &amp; more");
    EXPECT_EQ(caption.credits, "A &amp; B &lt;c&gt;");
    EXPECT_EQ(caption.annotation,
              R"({"channel": "fabchan", "itemid": "dj001a", "publishedUTCISO8601": "2011-11-15T14:27:12+00:00"})");
    const Candidate bare =
        candidate_of_djangoplicity("dj002b", json::parse(read_file(folder / "dj002b/api/json/index.html")));
    EXPECT_EQ(bare.rejected, "image does not have full WCS");
}

TEST(Djangoplicity, RefusesWhatIsNoGallery) {
    for (const char* page : {"", "<html></html>", "var images = ", "var images = [", "var images = [{id: 'a}]",
                             "var images = {}", "var images = [{id 'a'}]", "var images = ['\\ud800']"})
        EXPECT_EQ(error_of([&] { parse_gallery(page); }).kind(), Error::Kind::invalid) << page;
    EXPECT_TRUE(parse_gallery("var images = [];").empty());
    EXPECT_EQ(candidate_of_djangoplicity("../x", json::Object{}).id, "_._x");
    EXPECT_NE(candidate_of_djangoplicity("../x", json::Object{}).rejected, "");
    EXPECT_NE(candidate_of_djangoplicity("x", json::Object{}).rejected, "");
}

TEST(Djangoplicity, MendsPythonTexts) {
    const auto mended = [](const std::string& text) {
        json::Value value = json::Value(text);
        mend_python_texts(value);
        return std::string(value.get_string());
    };
    EXPECT_EQ(mended(R"(b'caf\xc3\xa9 \'x\' \\ \n')"), "caf\u00e9 'x' \\ \n");
    EXPECT_EQ(mended(R"(b"it's")"), "it's");
    for (const char* kept : {"b'", "b''x", "b'\\xff'", "b'\\x4'", "b'\\", "plain", "b", ""})
        EXPECT_EQ(mended(kept), kept);
    EXPECT_EQ(mended("b''"), "");
}

TEST(ScriptReader, ReadsWhatScriptsWrite) {
    const json::Value value =
        read_script_value("[ {a: 'it\\'s', \"b\" : [1, -2.5, true, null,], /* c */ c: word // end\n}, ] ; and more");
    EXPECT_EQ(json::text(value), R"([{"a":"it's","b":[1,-2.5E0,true,null],"c":"word"}])");
    EXPECT_EQ(json::text(read_script_value(R"("\u00e9\ud83d\ude00\x41")")), "\"\u00e9\U0001F600A\"");
    EXPECT_THROW(read_script_value(std::string(100'000, '[')), Error);
    EXPECT_THROW(read_script_value("[1,\n2,\n/* "), Error);
}

const char* page =
    R"({"Count": 3, "Next": "http://h/d2d/?page=2", "Collections": [
  {"ID": "eso1", "Title": "One & two", "PublicationDate": "2020-05-06T07:08:09Z", "Credit": "<b>", "Assets": [
    {"MediaType": "Video", "Resources": []},
    {"MediaType": "Image", "Resources": [{"ResourceType": "Small", "URL": "http://h/s.jpg"},
      {"ResourceType": "Original", "URL": "http://h/o.tif", "FileSize": 12345}],
     "ObservationData": {"Spatial": {"CoordinateFrame": "ICRS", "ReferenceValue": [10, 20.5],
       "ReferenceDimension": [100, 50], "ReferencePixel": [50, 25], "Scale": [-0.001, 0.001], "Rotation": 0,
       "CoordsystemProjection": "TAN", "Equinox": "J2000"}}}]},
  {"ID": "eso2", "Assets": [{"MediaType": "Image", "Resources": [{"ResourceType": "Large", "URL": "http://h/l.jpg"}]}]},
  {"ID": "eso3"}]})";

TEST(Data2Dome, ReadsAPage) {
    const Data2DomePage read = parse_data2dome(page);
    EXPECT_EQ(read.next, "http://h/d2d/?page=2");
    ASSERT_EQ(read.candidates.size(), 3u);
    EXPECT_EQ(read.candidates[0].id, "eso1");
    EXPECT_EQ(read.candidates[0].rejected, "");
    EXPECT_EQ(read.candidates[0].image_url, "http://h/o.tif");
    EXPECT_EQ(read.candidates[0].image_bytes, 12345u);
    EXPECT_EQ(read.candidates[1].rejected, "image does not have full WCS");
    EXPECT_EQ(read.candidates[2].rejected, "it names no image file to download");
    const Caption caption = caption_of_data2dome(read.candidates[0].item, "");
    EXPECT_EQ(caption.title, "One & two");
    EXPECT_EQ(caption.annotation, "");
    EXPECT_EQ(caption.last_updated, "2020-05-06 07:08:09+00:00");
    EXPECT_EQ(text_at(tags_of_data2dome(read.candidates[0].item), "Spatial.Equinox"), "J2000");
}

TEST(Data2Dome, RefusesWhatIsNoPage) {
    for (const char* text : {
             "",
             "[]",
             "{}",
             R"({"Collections": 7})",
             "{\"Collections\": [",
         })
        EXPECT_EQ(error_of([&] { parse_data2dome(text); }).kind(), Error::Kind::invalid) << text;
    const Data2DomePage odd =
        parse_data2dome(R"({"Collections": [7, {"ID": "a", "Assets": 3}, {"ID": "/"}], "Next": null})");
    EXPECT_EQ(odd.next, "");
    for (const Candidate& candidate : odd.candidates)
        EXPECT_NE(candidate.rejected, "");
}

TEST(Item, TimesAreToldAsTheIndexHasThem) {
    EXPECT_EQ(last_updated_text("2019-04-08T14:00:38.128143"), "2019-04-08 14:00:38.128143+00:00");
    EXPECT_EQ(last_updated_text("2020-01-02T03:04:05-05:00"), "2020-01-02 03:04:05-05:00");
    EXPECT_EQ(last_updated_text("2021-12-31T23:59:59.5"), "2021-12-31 23:59:59.500000+00:00");
    EXPECT_EQ(last_updated_text("2020-01-02T03:04:05Z"), "2020-01-02 03:04:05+00:00");
    EXPECT_EQ(last_updated_text("2020-01-02"), "2020-01-02 00:00:00+00:00");
    for (const char* none : {"", "yesterday", "2020-13-01", "2020-01-01T25:00", "2020-01-01T00:00:00+", "2020-01-01x"})
        EXPECT_EQ(last_updated_text(none), "") << none;
    EXPECT_EQ(instant_of("2020-01-02 03:04:05-05:00"), instant_of("2020-01-02T08:04:05Z"));
    EXPECT_EQ(instant_of("1970-01-01 00:00:00.000001+00:00"), 1);
    EXPECT_LT(instant_of("0001-01-01").value(), 0);
}

TEST(Item, ExtensionsAreThoseOfImages) {
    EXPECT_EQ(image_extension("http://h/f.JPEG?x=1.y"), "jpg");
    EXPECT_EQ(image_extension("/a/b.tif"), "tif");
    EXPECT_EQ(image_extension("http://h.org/none"), "");
    EXPECT_EQ(image_extension("http://h.org/x.not an extension"), "");
    EXPECT_EQ(image_extension("x.sh/.."), "");
    EXPECT_EQ(image_extension(""), "");
}

}  // namespace
}  // namespace atelier::pipelines::sky
