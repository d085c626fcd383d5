// What goes wrong around the sky's workflow: servers that stumble, images that are broken, a kill at any moment, two
// who do the same at once. And a collection of ten thousand images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "base/text.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "sky_site.h"

namespace atelier::tests {
namespace {

using pipelines::sky::sky_data;
namespace fs = std::filesystem;
using http::testing_support::answer_of;
using ::testing::HasSubstr;
using ::testing::Not;

using Words = std::vector<std::string>;

Words step(const std::string& name) { return {"sky", name, "--local=repo", "work"}; }

class Troubled : public ::testing::Test {
protected:
    void SetUp() override { ATELIER_NEED_SKY_DATA(); }
};

TEST_F(Troubled, AServerThatStumblesIsAskedAgain) {
    SkySite site;
    std::atomic<int> stumbles = 0;
    site.instead = [&](const std::string& path, const std::string&) -> std::optional<std::string> {
        if ((path != "/a.jpg" && path != "/feed_old.json") || stumbles++ % 2 == 1) return std::nullopt;
        return answer_of("503 Service Unavailable", "Retry-After: 0\r\n", "later");
    };
    const SkyGround ground(site);
    EXPECT_THAT(ground.sky(step("fetch")).out, HasSubstr("queued 5 images"));
}

TEST_F(Troubled, AnImageThatCannotBeHadCostsOnlyItself) {
    SkySite site;
    bool broken = true;
    site.instead = [&](const std::string& path, const std::string& head) -> std::optional<std::string> {
        if (!broken) return std::nullopt;
        if (path == "/a.jpg") return answer_of("500 Internal Server Error", "", "broken");
        if (path == "/c.tif")
            return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /c.tif\r\n\r\n";
        // Half of what was promised, whatever part of it was asked for.
        if (path == "/f.JPEG" && head.find("Range:") == std::string::npos)
            return "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"1\"\r\nContent-Length: 151624\r\n\r\nhalf";
        if (path == "/f.JPEG") return answer_of("500 Internal Server Error", "", "broken");
        return std::nullopt;
    };
    const SkyGround ground(site);
    const Ended fetched = ground.sky(step("fetch"), 1);
    EXPECT_THAT(fetched.out, HasSubstr("queued 2 images for processing, out of 7 candidates"));
    for (const char* id : {"fab_ngc253_a", "fab_half_c", "fab_tall_f"})
        EXPECT_THAT(fetched.err, HasSubstr(std::string("atelier: ") + id + ": "));
    EXPECT_THAT(ground.sky(step("process")).out, Not(HasSubstr("fab_ngc253_a")));
    broken = false;
    EXPECT_THAT(ground.sky(step("fetch")).out, HasSubstr("queued 3 images"));
    ground.sky(step("process"));
    ground.sky(step("publish"));
    EXPECT_EQ(fs::file_size(ground.path("work/cache_done/fab_tall_f/image.jpg")), 151624u);
    EXPECT_TRUE(fs::exists(ground.path("repo/fab_ngc253_a/index.wtml")));
}

TEST_F(Troubled, AFeedThatIsNoneIsToldWithItsAddress) {
    SkySite site;
    std::string feed = "<html>moved</html>";
    site.instead = [&](const std::string& path, const std::string&) -> std::optional<std::string> {
        if (path != "/feed_old.json") return std::nullopt;
        return feed.empty() ? answer_of("404 Not Found", "", "") : answer_of("200 OK", "", feed);
    };
    const SkyGround ground(site);
    EXPECT_THAT(ground.sky(step("fetch"), 2).err, HasSubstr("the feed can't be read: " + site.url("/feed_old.json")));
    feed.clear();
    EXPECT_THAT(ground.sky(step("fetch"), 1).err, HasSubstr(site.url("/feed_old.json")));
    EXPECT_FALSE(fs::exists(ground.path("work/cache_todo")));
}

TEST_F(Troubled, ABrokenImageCostsOnlyItself) {
    const SkySite site;
    const SkyGround ground(site);
    ground.sky(step("fetch"));
    const std::string whole = ground.read("work/cache_todo/fab_ngc253_a/image.jpg");
    ground.write("work/cache_todo/fab_ngc253_a/image.jpg", whole.substr(0, whole.size() / 2));
    const Ended processed = ground.sky(step("process"), 1);
    EXPECT_THAT(processed.err, HasSubstr("atelier: fab_ngc253_a: "));
    EXPECT_THAT(processed.err, HasSubstr("processed 4 of 5 images"));
    EXPECT_FALSE(fs::exists(ground.path("work/out_todo/fab_ngc253_a")));
    EXPECT_FALSE(fs::exists(ground.path("work/out_todo/.fab_ngc253_a.making")));
    EXPECT_TRUE(fs::exists(ground.path("work/cache_todo/fab_ngc253_a/image.jpg")));
    EXPECT_TRUE(fs::exists(ground.path("work/out_todo/fab_tall_f/index.wtml")));
    ground.write("work/cache_todo/fab_ngc253_a/image.jpg", whole);
    EXPECT_EQ(ground.sky(step("process")).out, "processing fab_ngc253_a ...\n");
}

TEST_F(Troubled, WhatIsHalfMadeIsNeverPublished) {
    const SkySite site;
    const SkyGround ground(site);
    ground.write("work/out_todo/half/L0X0Y0.png", "tile");
    EXPECT_THAT(ground.sky(step("publish"), 1).err, HasSubstr("half: it has no index.wtml"));
    EXPECT_FALSE(fs::exists(ground.path("repo/half")));
}

TEST_F(Troubled, PublishingAgainReplaces) {
    const SkySite site;
    const SkyGround ground(site);
    ground.write("work/out_todo/one/L1X1Y1.png", "old tile");
    ground.write("work/out_todo/one/L2X0Y0.png", "a tile that will be gone");
    ground.write("work/out_todo/one/index.wtml", "old");
    ground.sky(step("publish"));
    ground.write("work/out_todo/one/L1X1Y1.png", "new tile");
    ground.write("work/out_todo/one/index.wtml", "new");
    ground.sky(step("publish"));
    EXPECT_EQ(ground.read("repo/one/index.wtml"), "new");
    EXPECT_EQ(ground.read("repo/one/L1X1Y1.png"), "new tile");
    EXPECT_FALSE(fs::exists(ground.path("repo/one/L2X0Y0.png")));
    EXPECT_EQ(ground.read("work/out_done/one/index.wtml"), "new");
    EXPECT_FALSE(fs::exists(ground.path("work/out_todo")));
}

// Killed at ever later moments, and begun again, until it comes through by itself: kills in every part of the step.
// `ready`: what the step needs of a ground that nobody killed.
void run_with_kills(const SkyGround& ground, const std::string& name) {
    constexpr std::chrono::milliseconds later{7};
    int kills = 0;
    for (std::chrono::milliseconds moment{2};; moment += later) {
        const auto running = ground.start(step(name));
        const auto deadline = std::chrono::steady_clock::now() + moment;
        while (!running->ended() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (running->ended()) {
            EXPECT_EQ(running->wait().status, 0) << name << ": " << running->out() << running->err();
            break;
        }
        running->signal(SIGKILL);
        running->wait();
        ++kills;
        const std::string index = ground.read("repo/index.wtml");
        EXPECT_TRUE(index.empty() || index.ends_with("</Folder>\n")) << "half an index";
    }
    EXPECT_GT(kills, 0) << name;
    std::cout << name << ": killed " << kills << " times\n";
}

TEST_F(Troubled, KilledAnywhereTheNextRunGoesOn) {
    const SkySite site;
    const SkyGround whole(site), killed(site);
    whole.whole_old_run();
    for (const char* name : {"fetch", "process", "publish", "reindex"})
        run_with_kills(killed, name);
    EXPECT_EQ(killed.repository(), whole.repository());
    EXPECT_THAT(differences(killed.tree(), whole.tree()), ::testing::IsEmpty());
    for (const auto& entry : fs::recursive_directory_iterator(killed.root()))
        EXPECT_FALSE(entry.path().filename().string().starts_with(".fab")) << "left behind: " << entry.path();
}

TEST_F(Troubled, AnImageIsNeverSeenBeforeItIsWhole) {
    const SkySite site;
    const SkyGround ground(site);
    ground.sky(step("fetch"));
    ground.sky(step("process"));
    std::map<std::string, std::set<std::string>> wanted;
    for (const auto& entry : fs::recursive_directory_iterator(ground.path("work/out_todo")))
        if (entry.is_regular_file()) wanted[entry.path().parent_path().filename()].insert(entry.path().filename());
    for (std::chrono::milliseconds moment{2};; moment += std::chrono::milliseconds(5)) {
        const auto running = ground.start(step("publish"));
        std::this_thread::sleep_for(moment);
        const bool ended = running->ended();
        running->signal(SIGKILL);
        running->wait();
        for (const auto& [id, names] : wanted) {
            if (!fs::exists(ground.path("repo/" + id + "/index.wtml"))) continue;
            for (const std::string& name : names)
                EXPECT_TRUE(fs::exists(ground.path("repo/" + id + "/" + name))) << id << "/" << name;
        }
        if (ended) break;
    }
}

TEST_F(Troubled, TwoWhoDoTheSameAtOnceDoItOnce) {
    const SkySite site;
    const SkyGround whole(site), both(site);
    whole.whole_old_run();
    for (const char* name : {"fetch", "process", "publish", "reindex"}) {
        const auto one = both.start(step(name)), other = both.start(step(name));
        EXPECT_EQ(one->wait().status, 0) << name << one->out() << one->err();
        EXPECT_EQ(other->wait().status, 0) << name << other->out() << other->err();
    }
    EXPECT_EQ(both.repository(), whole.repository());
    EXPECT_THAT(differences(both.tree(), whole.tree()), ::testing::IsEmpty());
}

std::string index_of(int number) {
    return "<?xml version='1.0' encoding='UTF-8'?>\n<Folder Name=\"x\"><Place Name=\"Image " + std::to_string(number) +
           "\" DataSetType=\"Sky\" RA=\"1\" Dec=\"2\" ZoomLevel=\"1\" XLastUpdated=\"2020-01-01 00:00:" +
           (number % 60 < 10 ? "0" : "") + std::to_string(number % 60) +
           "+00:00\"><ForegroundImageSet><ImageSet Name=\"x\" Url=\"u\" DataSetType=\"Sky\" Projection=\"Tan\" "
           "BaseDegreesPerTile=\"1\" TileLevels=\"1\" FileType=\".png\" /></ForegroundImageSet></Place></Folder>\n";
}

std::string name_of(int number) { return "repo/image_" + std::to_string(100'000 + number) + "/index.wtml"; }

TEST_F(Troubled, TenThousandImagesAreIndexed) {
    constexpr int images = 10'000;
    const SkySite site;
    const SkyGround ground(site);
    for (int i = 0; i < images; ++i)
        ground.write(name_of(i), index_of(i));
    ground.write("repo/empty/index.wtml", "");
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_THAT(ground.sky(step("reindex")).out, HasSubstr("index of 10000 items"));
    std::cout << "indexed in " << std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count()
              << " s\n";
    const std::string index = ground.read("repo/index.wtml");
    // The newest first, those of the same second by their ids.
    std::size_t at = 0;
    for (const int number : {59, 119, 179, 58, 118, 0, 60}) {
        const std::size_t next = index.find("Name=\"Image " + std::to_string(number) + "\"");
        ASSERT_NE(next, std::string::npos);
        EXPECT_GT(next, at) << number;
        at = next;
    }
}

TEST_F(Troubled, ABrokenIndexIsToldAndLeftOut) {
    const SkySite site;
    const SkyGround ground(site);
    ground.write(name_of(1), index_of(1));
    ground.write(name_of(2), "<Folder><Place");
    ground.write(name_of(3), "<Folder Name=\"nothing in it\" />");
    const Ended ended = ground.sky(step("reindex"), 1);
    EXPECT_THAT(ended.out, HasSubstr("Published new index of 1 items"));
    EXPECT_THAT(ended.err, HasSubstr("atelier: image_100002: "));
    EXPECT_THAT(ended.err, HasSubstr("atelier: image_100003: "));
    EXPECT_THAT(ground.read("repo/index.wtml"), HasSubstr("Image 1"));
}

// Whoever begins to read before another image is published doesn't write an index without it after the other one's.
TEST_F(Troubled, NoImageIsLostByTwoIndexesAtOnce) {
    const SkySite site;
    const SkyGround ground(site);
    for (int i = 0; i < 300; ++i)
        ground.write(name_of(i), index_of(i));
    for (int round = 0; round < 5; ++round) {
        const auto first = ground.start(step("reindex"));
        std::this_thread::sleep_for(std::chrono::milliseconds(4 * round));
        ground.write(name_of(1000 + round), index_of(1000 + round));
        const auto second = ground.start(step("reindex"));
        EXPECT_EQ(first->wait().status, 0) << first->err();
        EXPECT_EQ(second->wait().status, 0) << second->err();
        EXPECT_THAT(ground.read("repo/index.wtml"), HasSubstr("\"Image " + std::to_string(1000 + round) + "\""));
    }
}

}  // namespace
}  // namespace atelier::tests
