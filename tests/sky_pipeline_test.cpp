// The sky's workflow with the real program, against a web site on loopback: by the commands that were first, by those
// that came later, by each source, in place and on the farm. The trees of files after every step are those that the
// original left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "base/hash.h"
#include "base/text.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/pyramid/tile_bytes.h"
#include "sky_site.h"

namespace atelier::tests {
namespace {

using pipelines::sky::sky_data;
namespace fs = std::filesystem;
namespace sky = pipelines::sky;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::UnorderedElementsAre;

std::string recorded(const std::string& name) { return read_file(sky_pipeline_data() / name); }

// Pixels of a tile as RGBA, hashed as the recorder did.
std::string pixels_of(const fs::path& tile) {
    const sky::TilePixels pixels = sky::decode_tile(sky::TileFormat::png, read_file(tile), tile);
    if (pixels.mode == sky::Mode::rgba)
        return sha256({reinterpret_cast<const char*>(pixels.bytes.data()), pixels.bytes.size()}).hex();
    std::string rgba;
    for (std::size_t i = 0; i < pixels.bytes.size(); i += 3) {
        rgba.append(reinterpret_cast<const char*>(&pixels.bytes[i]), 3);
        rgba += '\xff';
    }
    return sha256(rgba).hex();
}

// The tiles of a recorded listing are there, no others, with the same pixels; how many.
std::size_t expect_tiles(const fs::path& folder, const std::string& listing) {
    std::set<std::string> truth, made;
    const std::string text = recorded(listing);
    for (const std::string_view line : split(text, '\n')) {
        const auto columns = split(line, '\t');
        if (columns.size() < 6 || !columns[0].ends_with(".png")) continue;
        truth.emplace(columns[0]);
        const fs::path tile = folder / columns[0];
        if (!fs::exists(tile)) continue;
        EXPECT_EQ(pixels_of(tile), columns[5]) << tile;
    }
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".png") made.insert(entry.path().filename());
    EXPECT_EQ(made, truth) << listing;
    return truth.size();
}

class Pipeline : public ::testing::Test {
protected:
    void SetUp() override { ATELIER_NEED_SKY_DATA(); }
};

TEST_F(Pipeline, TheFirstCommandsLeaveTheTreesOfTheOriginal) {
    const SkySite site;
    const SkyGround ground(site);
    ground.write("repo/fab_skip_h/skip.flag", "");
    const auto step = [&](const std::string& command, const std::string& snapshot) {
        const Ended ended = ground.sky({"toasty", "pipeline-" + command, "--local=repo", "work"});
        EXPECT_THAT(differences(ground.tree(), recorded_tree("old/" + snapshot)), ::testing::IsEmpty()) << command;
        return ended.out;
    };
    const std::string fetched = step("fetch-inputs", "snap_01_fetch.txt");
    EXPECT_THAT(fetched, HasSubstr("caching candidate input fab_ngc253_a ...\n"));
    EXPECT_THAT(fetched, HasSubstr("skipping fab_sin_d: not ingestible into WWT: projection SIN is not supported"));
    EXPECT_THAT(fetched, HasSubstr("aren't retrievable\n"));
    EXPECT_THAT(fetched, HasSubstr("queued 4 images for processing, out of 7 candidates\n"));
    EXPECT_THAT(step("process-todos", "snap_02_process.txt"), HasSubstr("processing fab_tiny_g ...\n"));
    EXPECT_THAT(step("publish-todos", "snap_03_publish.txt"), HasSubstr("publishing work/out_todo/fab_half_c ...\n"));
    EXPECT_EQ(step("reindex", "snap_04_reindex.txt"),
              "Published new index of 4 items to: //feeds.example.org/fab/index.wtml\n");
    EXPECT_THAT(step("fetch-inputs", "snap_05_fetch_again.txt"),
                HasSubstr("queued 0 images for processing, out of 7 candidates\n"));
    EXPECT_EQ(site.asked("/a.jpg"), 1u) << "what is published isn't downloaded again";
    EXPECT_EQ(step("publish-todos", "snap_05_fetch_again.txt"), "");
}

// The names, texts and times of the first commands; positions and form as the later ones have them, since the first
// placed images wrongly and wrote attributes that nobody reads.
TEST_F(Pipeline, TheFirstCommandsTellTheSameOfAnImage) {
    const SkySite site;
    const SkyGround ground(site);
    ground.write("repo/fab_skip_h/skip.flag", "");
    ground.whole_old_run();
    const std::set<std::string> positions{"Dec",     "RA",      "ZoomLevel",          "OffsetX",  "OffsetY", "Rotation",
                                          "CenterX", "CenterY", "BaseDegreesPerTile", "BottomsUp"};
    const auto check = [&](const std::string& made, const std::string& truth) {
        const auto ours = values_of_wtml(made), theirs = values_of_wtml(truth);
        for (const auto& [name, value] : theirs) {
            const std::string last = name.substr(name.find_last_of("/@") + 1);
            if (value == "0" || value == "0.0" || last == "Type" || positions.count(last)) continue;
            const auto found = ours.find(name);
            ASSERT_NE(found, ours.end()) << name;
            if (!parse_number(value)) {
                EXPECT_EQ(found->second, value) << name;
            }
        }
    };
    for (const std::string id : {"fab_half_c", "fab_ngc253_a", "fab_tall_f", "fab_tiny_g"})
        for (const std::string name : {"index.wtml", "index_rel.wtml"})
            check(ground.read("repo/" + id + "/" + name), recorded("old/rel/" + id + "." + name));
    check(ground.read("repo/index.wtml"), recorded("old/root_index.wtml"));
}

TEST_F(Pipeline, ImagesThatAreShownWholeArePlacedByTheirOwnPixels) {
    const SkySite site;
    const SkyGround ground(site);
    ground.whole_old_run();
    const auto values = values_of_wtml(ground.read("repo/fab_tiny_g/index_rel.wtml"));
    const std::string image = "/Folder/Place/ForegroundImageSet/ImageSet/@";
    EXPECT_EQ(values.at(image + "OffsetX"), "0.5");
    EXPECT_EQ(values.at(image + "OffsetY"), "255.5");
    EXPECT_EQ(values.at(image + "Projection"), "SkyImage");
    EXPECT_EQ(values.at(image + "Url"), "image.jpg");
    EXPECT_EQ(values.at(image + "TileLevels"), "0");
}

TEST_F(Pipeline, TheLaterCommandsLeaveTheTreesOfTheOriginal) {
    const SkySite site;
    const SkyGround ground(site, "config7.yaml");
    std::set<std::string> added;  // by us
    const auto expect_tree = [&](const std::string& snapshot) {
        std::set<std::string> truth = recorded_tree("new/" + snapshot);
        truth.insert(added.begin(), added.end());
        EXPECT_THAT(differences(ground.tree(), truth), ::testing::IsEmpty()) << snapshot;
    };
    ground.sky({"sky", "init", "--local", "repo", "work"});
    struct stat info {};
    ASSERT_EQ(::stat(ground.path("work/toasty-store-config.yaml").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    expect_tree("snap_01_init.txt");
    EXPECT_THAT(ground.sky({"sky", "init", "--local", "repo", "work"}, 1).err, HasSubstr("is there already"));

    EXPECT_THAT(ground.sky({"sky", "refresh", "work"}).out,
                HasSubstr("analyzed 7 candidates from the image source\n"
                          "  - 5 processing candidates saved\n"
                          "  - 2 rejected as definitely unusable\n"
                          "  - 0 were already done\n"
                          "  - 0 were already marked to be ignored\n\n"
                          "See the `candidates` directory for candidate image IDs.\n"));
    expect_tree("snap_02_refresh.txt");
    EXPECT_THAT(ground.read("work/rejects/fab_sin_d"), HasSubstr("projection SIN is not supported"));

    const Ended fetched = ground.sky({"sky", "fetch", "--workdir", "work", "fab_ngc253_a", "fab_rgba_*", "fab_half_c",
                                      "fab_tall_f", "fab_tiny*", "*nomatch*"});
    EXPECT_THAT(fetched.out, HasSubstr("fetching fab_half_c ... done\n"));
    expect_tree("snap_03_fetch.txt");
    EXPECT_THAT(ground.sky({"sky", "fetch", "--workdir", "work", "nonexistent_id"}, 1).err,
                HasSubstr("no such candidate ID 'nonexistent_id'"));

    EXPECT_THAT(ground.sky({"sky", "process", "work", "--compatible"}).out,
                HasSubstr("processing fab_rgba_b ... done\n"));
    expect_tree("snap_04_process.txt");
    std::size_t tiles = 0;
    for (const std::string id : {"fab_half_c", "fab_ngc253_a", "fab_rgba_b", "fab_tall_f", "fab_tiny_g"}) {
        tiles += expect_tiles(ground.path("work/processed/" + id), "new/rel/" + id + ".listing.tsv");
        // The later commands keep less of AstroPix than the first did; here all of it stays, and the index is sorted.
        expect_same_wtml(ground.read("work/processed/" + id + "/index_rel.wtml"),
                         recorded("new/rel/" + id + ".index_rel.wtml"),
                         {"/Folder/Place/@XLastUpdated", "/Folder/Place/ForegroundImageSet/ImageSet/Credits",
                          "/Folder/Place/ForegroundImageSet/ImageSet/Credits/text",
                          "/Folder/Place/ForegroundImageSet/ImageSet/Description",
                          "/Folder/Place/ForegroundImageSet/ImageSet/Description/text"},
                         id);
    }
    std::cout << "tiles with the same pixels: " << tiles << "\n";

    ground.sky({"sky", "approve", "--workdir", "work", "fab_ngc253_a", "fab_rgba_*", "fab_half_c", "fab_tall_f"});
    expect_tree("snap_05_approve.txt");
    EXPECT_EQ(values_of_wtml(ground.read("work/approved/fab_half_c/index.wtml"))
                  .at("/Folder/Place/ForegroundImageSet/ImageSet/@Url"),
              "//feeds.example.org/fab/fab_half_c/L{1}X{2}Y{3}.png");
    EXPECT_EQ(ground.sky({"sky", "publish", "work"}).out,
              "publishing fab_half_c ...\npublishing fab_ngc253_a ...\npublishing fab_rgba_b ...\n"
              "publishing fab_tall_f ...\n");
    expect_tree("snap_06_publish.txt");

    ground.sky({"sky", "reject", "--workdir", "work", "fab_tiny_g", "--reason", "too small"});
    added.insert("work/rejects/fab_tiny_g/reject.json");  // why: the original has no reasons
    EXPECT_THAT(ground.sky({"sky", "ignore-rejects", "work"}).out,
                HasSubstr("ignoring fab_tiny_g ...\n\nmarked a total of 3 images to be permanently ignored\n"));
    expect_tree("snap_07_ignore.txt");
    EXPECT_EQ(ground.read("repo/fab_tiny_g/skip.flag"), "{\"reason\":\"too small\"}\n");
    EXPECT_THAT(ground.sky({"sky", "refresh", "work"}).out,
                HasSubstr("  - 0 processing candidates saved\n  - 0 rejected as definitely unusable\n"
                          "  - 4 were already done\n  - 3 were already marked to be ignored\n"));
    added.clear();
    expect_tree("snap_08_refresh_again.txt");
    EXPECT_EQ(ground.sky({"sky", "publish", "work"}).out, "");
    EXPECT_THAT(ground.sky({"sky", "reindex", "work"}).out, HasSubstr("index of 4 items"));
}

TEST_F(Pipeline, TheLaterCommandsGoByTheirOldNamesToo) {
    const SkySite site;
    const SkyGround ground(site, "config_dj.yaml");
    ground.sky({"toasty", "pipeline", "init", "--local", "repo", "work"});
    EXPECT_THAT(ground.sky({"toasty", "pipeline", "refresh", "--workdir", "work"}).out,
                HasSubstr("requesting " + site.url("/dj/archive/search/page/2/?type=Observation") +
                          " ...\n"
                          "analyzed 2 candidates from the image source\n  - 2 processing candidates saved\n"));
    EXPECT_THAT(ground.sky({"toasty", "pipeline", "fetch", "--workdir", "work", "dj*"}).out,
                ::testing::AllOf(HasSubstr("fetching dj001a ... done\n"),
                                 HasSubstr("fetching dj002b ... not usable: image does not have full WCS\n")));
    EXPECT_THAT(differences(ground.tree(), recorded_tree("djangoplicity/snap_1_fetch.txt")), ::testing::IsEmpty());
    ground.sky({"toasty", "pipeline", "process-todos", "--workdir", "work", "--compatible"});
    EXPECT_THAT(differences(ground.tree(), recorded_tree("djangoplicity/snap_2_process.txt")), ::testing::IsEmpty());
    expect_tiles(ground.path("work/processed/dj001a"), "djangoplicity/rel/dj001a.listing.tsv");
    expect_same_wtml(ground.read("work/processed/dj001a/index_rel.wtml"),
                     recorded("djangoplicity/rel/dj001a.index_rel.wtml"), {"/Folder/Place/@XLastUpdated"}, "dj001a");
    ground.sky({"toasty", "pipeline", "approve", "--workdir", "work", "dj001a"});
    ground.sky({"toasty", "pipeline", "publish", "--workdir", "work"});
    EXPECT_EQ(ground.sky({"toasty", "pipeline", "ignore-rejects", "--workdir", "work"}).out, "ignoring dj002b ...\n");
    EXPECT_THAT(differences(ground.tree(), recorded_tree("djangoplicity/snap_3_publish.txt")), ::testing::IsEmpty());
    expect_same_wtml(ground.read("repo/dj001a/index.wtml"), recorded("djangoplicity/repo/dj001a/index.wtml"),
                     {"/Folder/Place/@XLastUpdated"}, "dj001a");
    // What its own page refused isn't asked for again by the listing.
    fs::remove_all(ground.path("repo/dj002b"));
    EXPECT_THAT(ground.sky({"toasty", "pipeline", "refresh", "--workdir", "work"}).out,
                HasSubstr("1 rejected as definitely unusable\n  - 1 were already done"));
}

std::string data2dome_page(const SkySite& site, const std::vector<int>& numbers, const std::string& next) {
    json::Array collections;
    for (const int number : numbers) {
        const json::Value spatial = json::parse(
            R"({"CoordinateFrame": "ICRS", "ReferenceValue": [10, 20.5], "ReferenceDimension": [300, 1030],
                "ReferencePixel": [150, 515], "Scale": [-0.001, 0.001], "Rotation": 0, "Equinox": "J2000",
                "CoordsystemProjection": "TAN"})");
        const json::Array resources{json::Object{{"ResourceType", "Original"}, {"URL", site.url("/f.JPEG")}}};
        const json::Object asset{
            {"MediaType", "Image"}, {"Resources", resources}, {"ObservationData", json::Object{{"Spatial", spatial}}}};
        collections.push_back(json::Object{{"ID", "d2d" + std::to_string(number)},
                                           {"Title", "Number " + std::to_string(number)},
                                           {"PublicationDate", "2020-01-0" + std::to_string(number) + "T00:00:00Z"},
                                           {"Assets", json::Array{asset}}});
    }
    return http::testing_support::answer_of("200 OK", "",
                                            json::text(json::Object{{"Collections", collections}, {"Next", next}}));
}

TEST_F(Pipeline, Data2DomeIsReadAsFarAsItIsNew) {
    SkySite site;
    std::vector<int> newest{4, 3};
    site.instead = [&](const std::string& path, const std::string&) -> std::optional<std::string> {
        if (path.starts_with("/d2d/?count=")) return data2dome_page(site, newest, site.url("/d2d/?page=2"));
        if (path == "/d2d/?page=2") return data2dome_page(site, {2, 1}, "");
        return std::nullopt;
    };
    const SkyGround ground(site);
    ground.write(
        "repo/toasty-pipeline-config.yaml",
        "source_type: data2dome\npublish_url_prefix: //h/d/\ndata2dome:\n  feed_url: " + site.url("/d2d/") + "\n");
    EXPECT_THAT(ground.sky({"sky", "fetch", "--local=repo", "work"}).out, HasSubstr("queued 4 images"));
    ground.sky({"sky", "process", "--local=repo", "work"});
    ground.sky({"sky", "publish", "--local=repo", "work"});
    ground.sky({"sky", "reindex", "--local=repo", "work"});
    EXPECT_EQ(site.asked("/d2d/?page=2"), 1u);
    EXPECT_EQ(values_of_wtml(ground.read("repo/index.wtml")).at("/Folder/Place/@Name"), "Number 4");
    EXPECT_THAT(ground.sky({"sky", "fetch", "--local=repo", "work"}).out, HasSubstr("queued 0 images"));
    EXPECT_EQ(site.asked("/d2d/?page=2"), 1u) << "behind a page that is known nothing is looked for";
    newest = {6, 5};
    EXPECT_THAT(ground.sky({"sky", "fetch", "--local=repo", "work"}).out, HasSubstr("queued 2 images"));
    EXPECT_EQ(site.asked("/d2d/?page=2"), 2u);
}

TEST_F(Pipeline, PagesThatLeadInACircleEnd) {
    SkySite site;
    site.instead = [&](const std::string& path, const std::string&) -> std::optional<std::string> {
        if (path.starts_with("/d2d/")) return data2dome_page(site, {2, 1}, site.url("/d2d/?page=1"));
        return std::nullopt;
    };
    const SkyGround ground(site);
    ground.write(
        "repo/toasty-pipeline-config.yaml",
        "source_type: data2dome\npublish_url_prefix: //h/d/\ndata2dome:\n  feed_url: " + site.url("/d2d/") + "\n");
    EXPECT_THAT(ground.sky({"sky", "fetch", "--local=repo", "work"}, 2).err, HasSubstr("lead in a circle"));
}

TEST_F(Pipeline, WhatLiesThereIsAskedForByItsVersion) {
    SkySite site;
    std::vector<std::string> heads;
    std::string title = "NGC 253 (A)";
    site.instead = [&](const std::string& path, const std::string& head) -> std::optional<std::string> {
        if (path == "/a.jpg") heads.push_back(head);
        if (path != "/feed.json") return std::nullopt;
        std::string feed = recorded("www/feed.json");
        feed.replace(feed.find("NGC 253 (A)"), 11, title);
        for (std::size_t at = feed.find("127.0.0.1:8641"); at != std::string::npos; at = feed.find("127.0.0.1:8641"))
            feed.replace(at, 14, site.url("").substr(7));
        return http::testing_support::answer_of("200 OK", "", feed);
    };
    const SkyGround ground(site, "config.yaml");
    ground.sky({"sky", "fetch", "--local=repo", "work"});
    title = "A better title";
    EXPECT_THAT(ground.sky({"sky", "fetch", "--local=repo", "work"}).out, HasSubstr("queued 4 images"));
    ASSERT_EQ(heads.size(), 2u);
    EXPECT_EQ(heads[0].find("If-None-Match"), std::string::npos);
    EXPECT_NE(heads[1].find("If-None-Match: \"215366\""), std::string::npos);
    EXPECT_EQ(fs::file_size(ground.path("work/cache_todo/fab_ngc253_a/image.jpg")), 215366u);
    EXPECT_THAT(ground.read("work/cache_todo/fab_ngc253_a/astropix.json"),
                ::testing::AllOf(HasSubstr("A better title"), HasSubstr("215366")));
}

TEST_F(Pipeline, AFolderOfImagesIsASource) {
    const SkySite site;
    const SkyGround ground(site);
    const fs::path inputs = sky::sky_data() / "inputs";
    fs::create_directories(ground.path("images/deep"));
    fs::copy_file(inputs / "geminiann11015a.jpg", ground.path("images/deep/gemini.jpg"));
    fs::copy_file(inputs / "f32_333x301_rot30.fits", ground.path("images/field.fits"));
    fs::copy_file(sky_pipeline_data() / "www/g.png", ground.path("images/plain.png"));
    fs::copy_file(sky_pipeline_data() / "www/g.png", ground.path("images/headed.png"));
    // 257 x 256, as a solver writes it: cards alone.
    const std::string cards[] = {"SIMPLE  =                    T", "BITPIX  =                    8",
                                 "NAXIS   =                    0", "IMAGEW  =                  257",
                                 "IMAGEH  =                  256", "CTYPE1  = 'RA---TAN'",
                                 "CTYPE2  = 'DEC--TAN'",           "CRVAL1  =              201.365",
                                 "CRVAL2  =              -43.019", "CRPIX1  =                128.5",
                                 "CRPIX2  =                128.5", "CD1_1   =              -0.0003",
                                 "CD1_2   =                  0.0", "CD2_1   =                  0.0",
                                 "CD2_2   =              -0.0003", "END"};
    std::string header;
    for (std::string card : cards) {
        card.resize(80, ' ');
        header += card;
    }
    header.resize(2880, ' ');
    ground.write("images/headed.wcs", header);
    ground.write("repo/toasty-pipeline-config.yaml",
                 "source_type: folder\npublish_url_prefix: https://h/f\nfolder:\n  path: images\n  prefix: my_\n");
    const Ended fetched = ground.sky({"sky", "fetch", "--local=repo", "work"});
    EXPECT_THAT(fetched.out, HasSubstr("skipping my_plain: not ingestible into WWT: it has no AVM"));
    EXPECT_THAT(fetched.out, HasSubstr("queued 3 images for processing, out of 4 candidates"));
    ground.sky({"sky", "process", "--local=repo", "work"});
    ground.sky({"sky", "publish", "--local=repo", "work"});
    EXPECT_TRUE(fs::exists(ground.path("repo/my_headed/image.jpg")) ||
                fs::exists(ground.path("repo/my_headed/image.png")));
    EXPECT_TRUE(fs::exists(ground.path("repo/my_field/L1X0Y0.fits")));
    EXPECT_EQ(values_of_wtml(ground.read("repo/my_field/index_rel.wtml"))
                  .at("/Folder/Place/ForegroundImageSet/ImageSet/@Url"),
              "L{1}X{2}Y{3}.fits");
    const auto gemini = values_of_wtml(ground.read("repo/my_deep_gemini/index.wtml"));
    EXPECT_THAT(gemini.at("/Folder/Place/@Name"), ::testing::Not(::testing::IsEmpty()));
    const auto headed = values_of_wtml(ground.read("repo/my_headed/index.wtml"));
    EXPECT_EQ(headed.at("/Folder/Place/@Name"), "my_headed" == headed.at("/Folder/@Name") ? "headed" : "");
    EXPECT_EQ(headed.at("/Folder/Place/ForegroundImageSet/ImageSet/@CenterX"), "201.365");
    // Rejected by what stands in the file: not looked at again before somebody says so.
    EXPECT_THAT(ground.sky({"sky", "fetch", "--local=repo", "work"}).out, HasSubstr("without it, it is tried again"));
}

TEST_F(Pipeline, AListOfAddressesIsASource) {
    SkySite site;
    site.instead = [](const std::string& path, const std::string&) -> std::optional<std::string> {
        if (path != "/avm.jpg") return std::nullopt;
        return http::testing_support::answer_of("200 OK", "",
                                                read_file(sky::sky_data() / "inputs/geminiann11015a.jpg"));
    };
    const SkyGround ground(site);
    ground.write("list.txt", "# ours\nmine " + site.url("/avm.jpg") + "\n" + site.url("/g.png") + "\nftp://x/y.jpg\n");
    ground.write("repo/toasty-pipeline-config.yaml",
                 "source_type: urls\npublish_url_prefix: https://h/f\nurls:\n  list: list.txt\n");
    const Ended fetched = ground.sky({"sky", "fetch", "--local=repo", "work"});
    EXPECT_THAT(fetched.out, HasSubstr("skipping g: not ingestible into WWT: it has no AVM"));
    EXPECT_THAT(fetched.out, HasSubstr("skipping y: not ingestible into WWT: \"ftp://x/y.jpg\" is no address"));
    EXPECT_THAT(fetched.out, HasSubstr("queued 1 images for processing, out of 3 candidates"));
    ground.sky({"sky", "process", "--local=repo", "work"});
    EXPECT_THAT(ground.read("work/out_todo/mine/index.wtml"), HasSubstr("XLastUpdated="));
}

TEST_F(Pipeline, TheFarmMakesTheSame) {
    const SkySite site;
    const SkyGround here(site), farm(site);
    here.whole_old_run();
    for (const std::string step : {"fetch", "process", "publish", "reindex"})
        farm.sky({"sky", step, "--farm", "--local=repo", "work"});
    EXPECT_EQ(farm.repository(), here.repository());
    EXPECT_EQ(farm.count("SELECT count(*) FROM jobs"), 4);
    EXPECT_EQ(farm.tree(), here.tree());
    // An image that fails costs only itself there as well.
    farm.write("work/cache_todo/broken/astropix.json", "{}");
    farm.write("work/cache_todo/broken/image.jpg", "no image");
    farm.sky({"sky", "process", "--farm", "--local=repo", "work"}, 1);
}

TEST_F(Pipeline, SaysWhatIsMissing) {
    const SkySite site;
    SkyGround ground(site);
    const auto error = [&](const std::vector<std::string>& words) { return ground.sky(words, 2).err; };
    EXPECT_THAT(error({"toasty", "pipeline-fetch-inputs", "work"}),
                HasSubstr("An I/O backend must be specified with the arguments --local or --azure-*"));
    EXPECT_THAT(error({"toasty", "pipeline-fetch-inputs", "--azure-conn-env=NOT_SET", "--azure-container=c", "work"}),
                HasSubstr("--azure-conn-env=NOT_SET provided, but that environment variable is unset"));
    ground.variables["SECRET_STRING"] = "AccountKey=c2VjcmV0";
    EXPECT_THAT(error({"toasty", "pipeline-fetch-inputs", "--azure-conn-env=SECRET_STRING", "work"}),
                HasSubstr("--azure-container-name must be provided if --azure-conn-env is"));
    EXPECT_THAT(error({"sky", "fetch", "--local=repo", "--s3-url=s3://x/y", "work"}), HasSubstr("more than one place"));
    ground.sky({"sky", "init", "--azure-conn-env=SECRET_STRING", "--azure-container=c", "--azure-path-prefix=p", "w2"});
    EXPECT_EQ(ground.read("w2/toasty-store-config.yaml"),
              "_type: azure-blob\nconnection_env: \"SECRET_STRING\"\ncontainer_name: \"c\"\npath_prefix: \"p\"\n");
    ground.write("w3/toasty-store-config.yaml",
                 "_type: azure-blob\nconnection_secret: AccountKey=c2VjcmV0\ncontainer_name: c\n");
    const std::string told = error({"sky", "refresh", "w3"});
    EXPECT_THAT(told, HasSubstr("clear text"));
    EXPECT_THAT(told, ::testing::Not(HasSubstr("c2VjcmV0")));
    fs::remove(ground.path("repo/toasty-pipeline-config.yaml"));
    EXPECT_THAT(ground.sky({"sky", "fetch", "--local=repo", "work"}, 1).err,
                HasSubstr("there is no toasty-pipeline-config.yaml"));
    ground.write("repo/toasty-pipeline-config.yaml", "source_type: astropix\nastropix: {}\n");
    EXPECT_THAT(error({"sky", "fetch", "--local=repo", "work"}),
                HasSubstr("toasty-pipeline-config.yaml:1:1: publish_url_prefix: is missing"));
}

}  // namespace
}  // namespace atelier::tests
