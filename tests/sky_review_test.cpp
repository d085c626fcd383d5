// `atelier sky review` as people use it: the real program, and a real browser that looks, presses keys and judges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <filesystem>
#include <regex>

#include "browser.h"
#include "program.h"

namespace atelier::tests {
namespace {

namespace fs = std::filesystem;

fs::path pipeline_data() {
    const char* folder = std::getenv("ATELIER_SHARED_DATA");
    const char* source = std::getenv("ATELIER_SOURCE_DIR");
    const fs::path data =
        folder != nullptr ? fs::path(folder) : fs::path(source != nullptr ? source : ".") / "../shared/data";
    return data / "sky/pipeline";
}

#define ATELIER_NEED_SKY_DATA()                                                             \
    if (!fs::exists(pipeline_data())) {                                                     \
        if (const char* ci = std::getenv("CI"); ci != nullptr && std::string(ci) == "true") \
            FAIL() << pipeline_data() << " is missing";                                     \
        GTEST_SKIP() << pipeline_data() << " is missing";                                   \
    }

std::string wtml(const std::string& attributes, const std::string& name, const std::string& credits,
                 const std::string& url, const std::string& page) {
    return "<?xml version='1.0' encoding='UTF-8'?>\n<Folder Browseable=\"True\" Group=\"Explorer\" Name=\"" + name +
           "\" Searchable=\"True\">\n  <Place Angle=\"0\" AngularSize=\"0\" DataSetType=\"Sky\" Dec=\"22.0145\" "
           "Name=\"" +
           name +
           "\" Opacity=\"100\" RA=\"5.5755\" Rotation=\"0\" Thumbnail=\"thumb.jpg\" ZoomLevel=\"1.2\">\n"
           "    <Description>" +
           name +
           "</Description>\n    <ForegroundImageSet>\n      <ImageSet "
           "BandPass=\"Visible\" BaseTileLevel=\"0\" BottomsUp=\"False\" CenterX=\"83.6331\" CenterY=\"22.0145\" "
           "DataSetType=\"Sky\" FileType=\".jpg\" Name=\"" +
           name + "\" Rotation=\"0\" Sparse=\"True\" Url=\"" + url + "\" WidthFactor=\"2\" " + attributes +
           ">\n        <Credits>" + credits + "</Credits>\n        <CreditsUrl>" + page +
           "</CreditsUrl>\n        <ThumbnailUrl>thumb.jpg</ThumbnailUrl>\n      </ImageSet>\n"
           "    </ForegroundImageSet>\n  </Place>\n</Folder>\n";
}

// A work folder with images in both ways of working, and the review of it.
class SkyReview : public ::testing::Test {
protected:
    void SetUp() override {
        write("toasty-pipeline-config.yaml",
              "source_type: astropix\npublish_url_prefix: https://sky.example/\nastropix:\n  json_query_url: "
              "http://127.0.0.1:9/\n");
    }

    fs::path work() const { return ground_.path("work"); }

    void add_study(const std::string& shelf, const std::string& id, const fs::path& from, const fs::path& original) {
        fs::create_directories(work() / shelf);
        fs::copy(from, work() / shelf / id, fs::copy_options::recursive);
        fs::remove(work() / shelf / id / "index.wtml");
        if (original.empty()) return;
        fs::create_directories(work() / "cache_done" / id);
        fs::copy(original, work() / "cache_done" / id / ("image" + original.extension().string()));
    }

    void add_studies() {
        const fs::path data = pipeline_data(), repo = data / "new/repo";
        add_study("processed", "fab_half_c", repo / "fab_half_c", data / "www/c.tif");
        add_study("processed", "fab_ngc253_a", repo / "fab_ngc253_a", data / "www/a.jpg");
        add_study("processed", "fab_rgba_b", repo / "fab_rgba_b", data / "www/b.png");
        add_study("out_todo", "dj001a", data / "djangoplicity/repo/dj001a", {});
    }

    void write(const std::string& name, const std::string& text) { ground_.write("work/" + name, text); }

    void start() { start({"sky", "review", work().string(), "--no-open"}); }

    void start(const std::vector<std::string>& command) {
        review_ = ground_.start(command);
        std::smatch found;
        std::string said;
        const bool is_up = eventually([&] {
            said = review_->out();
            return std::regex_search(said, found, std::regex("http://127\\.0\\.0\\.1:[0-9]+/[0-9a-z]{32}/"));
        });
        ASSERT_TRUE(is_up) << said << review_->err();
        url_ = found[0];
    }

    // Without a view of the sky where it isn't asked for: it draws by software here.
    void look(const std::string& view = "picture") {
        start();
        browser_ = std::make_unique<Browser>(1400, 860);
        browser_->open(url_);
        if (view != "both") {
            browser_->run("sessionStorage.setItem('view', arguments[0]);", {json::Value(view)});
            browser_->open(url_ + "?again");
        }
    }

    std::string current() { return browser_->text("#id"); }
    bool shows(const std::string& id) { return browser_->becomes("window.review?.state.report?.id === '" + id + "'"); }
    std::string rejection(const std::string& id) const {
        const fs::path file = work() / "rejects" / id / "reject.json";
        return fs::exists(file) ? read_file(file) : "";
    }

    // Our projection and the engine's put the corners on the same pixels.
    void expect_corners_agree() {
        const json::Value corners = browser_->run("return window.review.sky.corners();");
        ASSERT_EQ(corners.as_array().size(), 4u);
        for (const auto& corner : corners.as_array())
            for (const char* axis : {"x", "y"})
                EXPECT_NEAR(corner.at("ours").at(axis).to_number<double>(),
                            corner.at("engine").at(axis).to_number<double>(), 1);
    }

    // Nothing but this review was asked for anything, and its policy had nothing to stop.
    void expect_nothing_left_the_machine() {
        const std::string origin = url_.substr(0, url_.find('/', 7) + 1);
        const auto& requests = browser_->requests();
        EXPECT_GT(requests.size(), 5u);
        for (const std::string& address : requests)
            EXPECT_TRUE(address.starts_with(origin)) << address;
        for (const std::string& complaint : browser_->complaints())
            EXPECT_EQ(complaint.find("Security Policy"), std::string::npos) << complaint;
    }

    Ground ground_;
    std::unique_ptr<Running> review_;
    std::unique_ptr<Browser> browser_;
    std::string url_;
};

// Of each of many points of the picture: its colour as OpenSeadragon draws it, and as the engine draws it on the sky.
constexpr const char* colours_script = R"js(
const { picture, sky } = window.review, found = [];
const flat = document.querySelector('#picture canvas'), context = flat.getContext('2d');
const scale = flat.width / document.querySelector('#picture').clientWidth;
const bounds = picture.bounds(), viewport = picture.viewer.viewport;
sky.control.renderOneFrame();
const gl = sky.control.renderContext.gl, height = gl.drawingBufferHeight, pixel = new Uint8Array(4);
const [a, b, c, d] = sky.corners().map((corner) => corner.ours);
for (let row = 1; row < 12; ++row)
  for (let column = 1; column < 12; ++column) {
    const u = column / 12, v = row / 12;
    const p = viewport.pixelFromPoint(new OpenSeadragon.Point(bounds.x + u * bounds.width, bounds.y + v * bounds.height), true);
    const seen = context.getImageData(Math.round(p.x * scale), Math.round(p.y * scale), 1, 1).data;
    const at = (name) => (a[name] * (1 - u) + b[name] * u) * (1 - v) + (d[name] * (1 - u) + c[name] * u) * v;
    gl.readPixels(Math.round(at('x')), height - 1 - Math.round(at('y')), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    const over_black = [0, 1, 2].map((i) => seen[i] * seen[3] / 255);
    found.push({ difference: Math.max(...[0, 1, 2].map((i) => Math.abs(over_black[i] - pixel[i]))), light: Math.max(...over_black) });
  }
return found;
)js";

struct Likeness {
    int lit = 0, alike = 0, all = 0;
};

Likeness likeness_of(const json::Value& points) {
    Likeness likeness;
    for (const auto& point : points.as_array()) {
        ++likeness.all;
        likeness.lit += point.at("light").to_number<double>() > 40;
        likeness.alike += point.at("difference").to_number<double>() < 48;
    }
    return likeness;
}

TEST_F(SkyReview, TheEngineDrawsThePictureWhereTheNumbersSay) {
    ATELIER_NEED_SKY_DATA();
    ATELIER_NEED_CHROMIUM();
    add_studies();
    look("both");
    ASSERT_TRUE(browser_->becomes("document.querySelectorAll('#images button').length === 4"));
    browser_->press("jj");
    ASSERT_TRUE(shows("fab_rgba_b"));
    ASSERT_TRUE(browser_->becomes("window.review.sky.placed?.get_name().startsWith('RGBA')"));
    ASSERT_TRUE(browser_->becomes("document.documentElement.dataset.sky === 'still'"));
    ASSERT_TRUE(browser_->becomes("window.review.picture.viewer.world.getItemAt(0)?.getFullyLoaded()"));

    expect_corners_agree();
    // Also when somebody has turned it.
    browser_->run("window.review.sky.control.roll(0.7); window.review.sky.wake();");
    ASSERT_TRUE(
        browser_->becomes("document.documentElement.dataset.sky === 'still' && "
                          "window.review.sky.control.renderContext.viewCamera.rotation > 0.69"));
    expect_corners_agree();
    browser_->press("f");
    ASSERT_TRUE(browser_->becomes("window.review.sky.is_fitted()"));
    ASSERT_TRUE(browser_->becomes("document.documentElement.dataset.sky === 'still'"));

    // And the picture, turned by 33 degrees and with parts that are transparent, lies between them as it should.
    const Likeness likeness = likeness_of(browser_->run(colours_script));
    EXPECT_EQ(likeness.all, 121);
    EXPECT_GT(likeness.lit, 40);
    EXPECT_GT(likeness.alike, 100);

    // Faded out, nothing of it is left on the sky.
    browser_->press("[[[[[[[[[[");
    ASSERT_TRUE(browser_->becomes("document.documentElement.dataset.sky === 'still'"));
    const Likeness faded = likeness_of(browser_->run(colours_script));
    EXPECT_LT(faded.alike, faded.all - faded.lit + 10);
    expect_nothing_left_the_machine();
}

TEST_F(SkyReview, TellsWhatAReviewerNeedsToKnow) {
    ATELIER_NEED_SKY_DATA();
    ATELIER_NEED_CHROMIUM();
    add_studies();
    look();
    ASSERT_TRUE(shows("fab_half_c"));
    browser_->press("j");
    ASSERT_TRUE(shows("fab_ngc253_a"));
    const std::string facts = browser_->text("#facts");
    for (const char* told : {"Sculptor (SCL)", "00h 47m 33.12s", "−25° 17′ 19.7″", "2166 × 2129", "0.09720″ a pixel",
                             "157 of 157, levels 0 to 4", "Nobody is credited.", "OffsetY", "example.org/ref/NGC253_A"})
        EXPECT_THAT(facts, ::testing::HasSubstr(told));
    EXPECT_EQ(browser_->count(".corners tr"), 4u);
    EXPECT_EQ(browser_->count("#compass .tip"), 1u);
    EXPECT_EQ(browser_->count("#picture-marks .outline"), 1u);
}

TEST_F(SkyReview, KeysGoThroughTheListAndTheViews) {
    ATELIER_NEED_SKY_DATA();
    ATELIER_NEED_CHROMIUM();
    add_studies();
    look();
    ASSERT_TRUE(shows("fab_half_c"));
    browser_->press("k");  // the first stays the first
    EXPECT_EQ(current(), "processed / fab_half_c");
    browser_->press("jjj");
    ASSERT_TRUE(shows("dj001a"));
    browser_->press("j");  // the last stays the last
    EXPECT_EQ(current(), "out_todo / dj001a");
    browser_->press("k");
    ASSERT_TRUE(shows("fab_rgba_b"));
    browser_->press("o");
    EXPECT_EQ(browser_->count("#picture-marks .outline"), 0u);
    browser_->press("?");
    EXPECT_EQ(browser_->count("#help-dialog[open]"), 1u);
    browser_->press("a");  // no key of the page while a dialog is open
    browser_->press("\uE00C");
    EXPECT_EQ(browser_->count("#help-dialog[open]"), 0u);

    browser_->press("/");
    browser_->press("ngc a r");  // typed, not done
    EXPECT_EQ(browser_->count("#images button"), 0u);
    browser_->press("\uE00C");
    EXPECT_EQ(browser_->count("#images button"), 4u);
    EXPECT_EQ(browser_->count("dialog[open]"), 0u);
    EXPECT_EQ(browser_->run("return document.activeElement.id;").as_string(), "");
    EXPECT_TRUE(fs::exists(work() / "processed/fab_rgba_b"));
}

TEST_F(SkyReview, ApprovesRejectsAndGoesOn) {
    ATELIER_NEED_SKY_DATA();
    ATELIER_NEED_CHROMIUM();
    add_studies();
    look();
    ASSERT_TRUE(shows("fab_half_c"));
    browser_->press("a");
    ASSERT_TRUE(shows("fab_ngc253_a"));
    EXPECT_TRUE(fs::exists(work() / "approved/fab_half_c/index.wtml"));
    EXPECT_FALSE(fs::exists(work() / "processed/fab_half_c"));

    browser_->press("r");
    ASSERT_EQ(browser_->count("#reject-dialog[open]"), 1u);
    EXPECT_TRUE(browser_->run("return document.querySelector('#reject-confirm').disabled;").as_bool());
    browser_->type("#reason", "Lies 3′ too far north – see <b>image</b>");
    browser_->click("#reject-confirm");
    ASSERT_TRUE(shows("fab_rgba_b"));
    EXPECT_FALSE(fs::exists(work() / "processed/fab_ngc253_a"));
    EXPECT_THAT(rejection("fab_ngc253_a"), ::testing::HasSubstr("Lies 3′ too far north – see <b>image</b>"));
    EXPECT_EQ(browser_->count("#images button"), 2u);
    EXPECT_EQ(browser_->text("#judged"), "This sitting: 1 approved, 1 rejected");

    // Of the seed's way: it stays where the next publish finds it.
    browser_->press("j");
    ASSERT_TRUE(shows("dj001a"));
    browser_->click("#approve-button");
    ASSERT_TRUE(shows("fab_rgba_b"));
    EXPECT_TRUE(fs::exists(work() / "out_todo/dj001a"));
    expect_nothing_left_the_machine();
}

TEST_F(SkyReview, SaysWhenSomebodyElseWasFaster) {
    ATELIER_NEED_SKY_DATA();
    ATELIER_NEED_CHROMIUM();
    add_studies();
    look();
    ASSERT_TRUE(shows("fab_half_c"));
    fs::remove_all(work() / "processed/fab_half_c");
    ASSERT_TRUE(browser_->becomes("!document.querySelector('#gone').hidden"));
    EXPECT_THAT(browser_->text("#gone"), ::testing::HasSubstr("Half-size C doesn't wait any more."));
    EXPECT_EQ(browser_->count("#images button"), 3u);
    browser_->press("j");
    ASSERT_TRUE(shows("fab_ngc253_a"));
    EXPECT_TRUE(browser_->run("return document.querySelector('#gone').hidden;").as_bool());
    // Gone between two looks: the answer tells it.
    fs::remove_all(work() / "processed/fab_ngc253_a");
    browser_->press("a");
    ASSERT_TRUE(
        browser_->becomes("document.querySelector('#toasts').textContent.includes('any more') || "
                          "!document.querySelector('#gone').hidden"));
    EXPECT_FALSE(fs::exists(work() / "approved/fab_ngc253_a"));
}

TEST_F(SkyReview, WordsOfStrangersStayWords) {
    ATELIER_NEED_SKY_DATA();
    ATELIER_NEED_CHROMIUM();
    const std::string evil =
        "&lt;img src=x onerror=&quot;window.broken=1&quot;&gt;&lt;script&gt;window.broken=2&lt;/script&gt;";
    const std::string name = "<img src=x onerror='window.broken=3'>&";
    write("processed/" + name + "/index_rel.wtml",
          wtml("BaseDegreesPerTile=\"0.0002\" Projection=\"SkyImage\" TileLevels=\"0\" OffsetX=\"150\" OffsetY=\"100\"",
               evil, evil, "image.jpg", "javascript:window.broken=4"));
    fs::copy(pipeline_data() / "www/a.jpg", work() / "processed" / name / "image.jpg");
    write("processed/zz_broken/index_rel.wtml", "<Folder><img src=x onerror=window.broken=5>");
    look("both");
    ASSERT_TRUE(browser_->becomes("window.review?.state.report?.picture?.width === 2166"));
    ASSERT_TRUE(browser_->becomes("document.documentElement.dataset.sky === 'still'"));
    EXPECT_EQ(browser_->text("#title"), "<img src=x onerror=\"window.broken=1\"><script>window.broken=2</script>");
    EXPECT_THAT(current(), ::testing::HasSubstr(name));
    EXPECT_EQ(browser_->count("img[src='x']"), 0u);
    EXPECT_EQ(browser_->count("#facts a"), 0u) << "an address that runs a script";
    browser_->press("r");
    browser_->press("\uE00C");
    browser_->press("j");
    ASSERT_TRUE(browser_->becomes("window.review.state.report?.problem"));
    EXPECT_EQ(browser_->count("#facts .stop"), 1u);
    EXPECT_TRUE(browser_->run("return document.querySelector('#approve-button').disabled;").as_bool());
    EXPECT_EQ(browser_->run("return window.broken ?? 'whole';").as_string(), "whole");
    expect_nothing_left_the_machine();
}

TEST_F(SkyReview, AsksAgainBeforeWhatSpeaksAgainstItIsApproved) {
    ATELIER_NEED_SKY_DATA();
    ATELIER_NEED_CHROMIUM();
    write("processed/nowhere/index_rel.wtml",
          std::regex_replace(wtml("BaseDegreesPerTile=\"1\" Projection=\"SkyImage\" TileLevels=\"0\"", "Nowhere", "me",
                                  "image.jpg", ""),
                             std::regex("Center([XY])=\"[0-9.]+\""), "Center$1=\"0\""));
    fs::copy(pipeline_data() / "www/a.jpg", work() / "processed/nowhere/image.jpg");
    look();
    ASSERT_TRUE(shows("nowhere"));
    browser_->press("a");
    ASSERT_EQ(browser_->count("#sure-dialog[open]"), 1u);
    EXPECT_THAT(browser_->text("#sure-remarks"), ::testing::HasSubstr("It has no position."));
    browser_->click("#sure-cancel");
    EXPECT_TRUE(fs::exists(work() / "processed/nowhere"));
    browser_->press("a");
    browser_->click("#sure-confirm");
    ASSERT_TRUE(browser_->becomes("!document.querySelector('#empty').hidden"));
    EXPECT_TRUE(fs::exists(work() / "approved/nowhere"));
}

TEST_F(SkyReview, TheBrowserIsOpenedWithoutTheTokenOnItsCommandLine) {
    ground_.write("bin/xdg-open",
                  "#!/bin/sh\ncat \"$1\" > opened.part\necho \"$1\" > called\nmv opened.part opened\nsleep 60 &\n");
    fs::permissions(ground_.path("bin/xdg-open"), fs::perms::owner_all);
    ground_.variables["PATH"] = ground_.path("bin").string() + ":" + std::getenv("PATH");
    ground_.variables["DISPLAY"] = ":99";
    start({"sky", "review", work().string()});
    ASSERT_TRUE(eventually([&] { return fs::exists(ground_.path("opened")); }));
    EXPECT_THAT(ground_.read("opened"), ::testing::HasSubstr("url=" + url_ + "\""));
    EXPECT_EQ(ground_.read("called").find(url_.substr(url_.size() - 33, 32)), std::string::npos);
    const fs::path page(ground_.lines("called").at(0));
    EXPECT_EQ(fs::status(page).permissions() & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
    review_->signal(SIGINT);
    EXPECT_EQ(review_->wait().status, 0);
    EXPECT_FALSE(fs::exists(page));
    for (const std::string& process : ground_.running())
        ::kill(std::stoi(process), SIGKILL);
}

TEST_F(SkyReview, EndsWhenItIsTold) {
    start();
    EXPECT_THAT(review_->out(), ::testing::StartsWith("0 images wait for a review:\n"));
    review_->signal(SIGINT);
    const Ended ended = review_->wait();
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.err, "");
}

TEST_F(SkyReview, NeedsAWorkFolder) {
    const Ended ended = ground_.run({"sky", "review", ground_.path("elsewhere").string(), "--no-open"});
    EXPECT_NE(ended.status, 0);
    EXPECT_THAT(ended.err, ::testing::HasSubstr("there is no work folder"));
}

}  // namespace
}  // namespace atelier::tests
