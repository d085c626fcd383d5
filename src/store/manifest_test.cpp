#include "store/manifest.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "base/testing.h"
#include "store/garbage.h"

namespace atelier::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::error_of;

class ManifestTest : public testing::Test {
protected:
    fs::path at(const std::string& name) const { return folder_.path() / name; }
    void write(const std::string& name, std::string_view content, unsigned mode = 0644) const {
        fs::create_directories(at(name).parent_path());
        write_file_durably(at(name), content);
        fs::permissions(at(name), fs::perms(mode));
    }

    TemporaryFolder folder_;
    std::shared_ptr<Store> store_ = open_folder_store(at("store"));
    Blobs blobs_{store_};
};

Entry file_entry(const std::string& path, const BlobRef& blob = {}) {
    Entry entry;
    entry.path = path;
    entry.blob = blob;
    return entry;
}

Entry link_entry(const std::string& path, const std::string& target) {
    Entry entry;
    entry.path = path;
    entry.kind = Entry::Kind::link;
    entry.link_target = target;
    return entry;
}

Entry folder_entry(const std::string& path) {
    Entry entry;
    entry.path = path;
    entry.kind = Entry::Kind::folder;
    entry.mode = 0755;
    return entry;
}

TEST_F(ManifestTest, IsCanonicalAndComesBackAsItWas) {
    Manifest manifest;
    manifest.entries = {file_entry("z", {sha256("z"), 1}), folder_entry("empty"), link_entry("a/link", "../z"),
                        file_entry("a/é\n😀", {sha256("a"), UINT64_MAX})};
    manifest.entries[0].modified = -1;
    manifest.entries[0].mode = 0755;
    const std::string text = manifest.to_json();
    EXPECT_EQ(
        text,
        R"({"entries":[{"kind":"link","path":"a/link","target":"../z"},)"
        R"({"kind":"file","mode":420,"modified":0,"path":"a/\u00e9\n\ud83d\ude00",)"
        R"("sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","size":18446744073709551615},)"
        R"({"kind":"folder","mode":493,"modified":0,"path":"empty"},)"
        R"({"kind":"file","mode":493,"modified":-1,"path":"z",)"
        R"("sha256":"594e519ae499312b29433b7dd8a97ff068defcba9755b6d5d00e84c524d67b06","size":1}],"version":1})");
    const Manifest back = Manifest::parse(text);
    EXPECT_EQ(back.to_json(), text);
    std::ranges::sort(manifest.entries, {}, &Entry::path);
    EXPECT_EQ(back.entries, manifest.entries);
    EXPECT_EQ(back.total_size(), UINT64_MAX) << "it does not wrap";
    EXPECT_EQ(Manifest::parse(R"({"version":1,"entries":[]})").to_json(), R"({"entries":[],"version":1})");
}

std::string with_entry(const std::string& entry) { return R"({"version":1,"entries":[)" + entry + "]}"; }

TEST_F(ManifestTest, WhatIsMalformedIsRefusedWithItsPlace) {
    const std::string sha = "\"sha256\":\"" + sha256("").hex() + "\"";
    const std::string good = R"({"kind":"file","path":"a","mode":420,"modified":0,"size":0,)" + sha + "}";
    EXPECT_NO_THROW(Manifest::parse(with_entry(good)));
    const auto refused = [&](const std::string& from, const std::string& to) {
        std::string text = with_entry(good);
        text.replace(text.find(from), from.size(), to);
        const auto error = error_of([&] { Manifest::parse(text); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid) << text;
        return error.where();
    };
    EXPECT_EQ(refused("\"version\":1", "\"version\":2"), "version");
    EXPECT_EQ(refused("\"version\":1,", ""), "version");
    EXPECT_EQ(refused("\"file\"", "\"device\""), "entries[0].kind");
    EXPECT_EQ(refused("420", "2541"), "entries[0].mode") << "set-user-id";
    EXPECT_EQ(refused("\"modified\":0", "\"modified\":9223372036854775807"), "entries[0].modified");
    EXPECT_EQ(refused("\"size\":0", "\"size\":-1"), "entries[0].size");
    EXPECT_EQ(refused(sha, "\"sha256\":\"ABC\""), "entries[0].sha256");
    EXPECT_EQ(refused("\"size\":0,", ""), "entries[0]");
    EXPECT_EQ(refused("\"size\":0", "\"size\":0,\"target\":\"x\""), "entries[0]");
    EXPECT_EQ(refused("\"size\":0", "\"size\":0,\"owner\":\"root\""), "entries[0].owner");
    for (const char* text : {"", "[]", "null", "{", R"({"version":1,"entries":{}})", R"({"version":"1"})"})
        EXPECT_EQ(error_of([&] { Manifest::parse(text); }).kind(), Error::Kind::invalid) << text;
}

TEST_F(ManifestTest, PathsThatLeadOutAreRefused) {
    const std::string long_part(256, 'x');
    std::string long_path = "x";
    while (long_path.size() < 5000)
        long_path += "/x";
    for (const std::string& path :
         {std::string(""), std::string("/etc/passwd"), std::string(".."), std::string("../x"), std::string("a/../../x"),
          std::string("a/.."), std::string("./a"), std::string("a//b"), std::string("a/"), std::string("a\\b"),
          std::string("a\0b", 3), std::string("\xff"), long_part, long_path})
        EXPECT_EQ(error_of([&] { check_entries({file_entry(path)}); }).kind(), Error::Kind::invalid) << path;
}

TEST_F(ManifestTest, EntriesInEachOthersWayAreRefused) {
    const auto refused = [](const std::vector<Entry>& entries) {
        return error_of([&] { check_entries(entries); }).kind() == Error::Kind::invalid;
    };
    EXPECT_TRUE(refused({file_entry("a"), file_entry("a")}));
    EXPECT_TRUE(refused({file_entry("a"), folder_entry("a")}));
    EXPECT_TRUE(refused({file_entry("a"), file_entry("a-b"), file_entry("a/b")}));
    EXPECT_TRUE(refused({folder_entry("a"), file_entry("a/b")}));
    EXPECT_TRUE(refused({link_entry("a", "b"), file_entry("a/c"), folder_entry("b")})) << "below a link";
    EXPECT_TRUE(refused({link_entry("a/b", "c"), file_entry("a/b/c/d")}));
    EXPECT_NO_THROW(check_entries({file_entry("a"), file_entry("a-b"), file_entry("a b/c"), folder_entry("b/a")}));
}

TEST_F(ManifestTest, LinksThatLeadOutAreRefused) {
    for (const char* target : {"", "/etc/passwd", "../..", "../../x", "b/../../../x", "/", "a\\b", "\xff"})
        EXPECT_EQ(error_of([&] { check_entries({link_entry("a/link", target)}); }).kind(), Error::Kind::invalid)
            << target;
    for (const char* target : {"..", ".", "x", "../x", "./x//y/", "b/../../a/x", "..."})
        EXPECT_NO_THROW(check_entries({link_entry("a/link", target)})) << target;
}

TEST_F(ManifestTest, LinksThatLeadOutThroughOthersAreRefused) {
    const auto refused = [](const std::vector<Entry>& entries) {
        return error_of([&] { check_entries(entries); }).kind() == Error::Kind::invalid;
    };
    // In the text it stays inside; but a/b/c/up is the root, and above that is outside.
    EXPECT_TRUE(refused({link_entry("a/b/c/up", "../../.."), link_entry("out", "a/b/c/up/../x")}));
    EXPECT_TRUE(refused({link_entry("a/b/c/up", "../../../d"), link_entry("out", "a/b/c/up/../../x")}));
    EXPECT_TRUE(refused({link_entry("one", "two"), link_entry("two", "one")})) << "in a circle";
    EXPECT_NO_THROW(check_entries({link_entry("a/b/c/up", "../../../d"), link_entry("in", "a/b/c/up/../x")}));
    std::vector<Entry> chain;
    for (int i = 0; i < 30; ++i)
        chain.push_back(link_entry("l" + std::to_string(i), "l" + std::to_string(i + 1)));
    EXPECT_NO_THROW(check_entries(chain));
}

TEST_F(ManifestTest, CollectsAndPlacesAFolder) {
    write("in/frames/0001.png", "first");
    write("in/frames/0002.png", "second", 0600);
    write("in/run.sh", "#!/bin/sh", 0755);
    write("in/nothing", "");
    fs::create_directories(at("in/empty/below"));
    fs::permissions(at("in/empty/below"), fs::perms(0555));
    fs::create_symlink("frames/0001.png", at("in/first"));
    fs::create_symlink("../run.sh", at("in/frames/run"));
    fs::create_symlink("not/there", at("in/dangling"));
    const Manifest manifest = collect(at("in"), blobs_);
    EXPECT_EQ(manifest.entries.size(), 8u);
    EXPECT_EQ(manifest.total_size(), 20u);
    EXPECT_EQ(Manifest::parse(manifest.to_json()).entries, manifest.entries);
    place(manifest, at("out"), blobs_, Placement::copy);
    EXPECT_EQ(collect(at("out"), blobs_).to_json(), manifest.to_json()) << "modes, times, links, empty folders";
    EXPECT_EQ(read_file(at("out/first")), "first");
    EXPECT_EQ(fs::status(at("out/run.sh")).permissions(), fs::perms(0755));
    EXPECT_EQ(fs::status(at("out/empty/below")).permissions(), fs::perms(0555));
    place(manifest, at("again"), blobs_, Placement::automatic);
    EXPECT_EQ(read_file(at("again/frames/0002.png")), "second");
}

TEST_F(ManifestTest, CollectsOneFileAndNothing) {
    write("scene.blend", "b", 0640);
    const Manifest one = collect(at("scene.blend"), blobs_);
    ASSERT_EQ(one.entries.size(), 1u);
    EXPECT_EQ(one.entries[0].path, "scene.blend");
    EXPECT_EQ(one.entries[0].mode, 0640u);
    fs::create_directory(at("nothing"));
    EXPECT_TRUE(collect(at("nothing"), blobs_).entries.empty());
    place({}, at("made"), blobs_, Placement::automatic);
    EXPECT_TRUE(fs::is_empty(at("made")));
    EXPECT_EQ(error_of([&] { collect(at("missing"), blobs_); }).kind(), Error::Kind::not_found);
}

TEST_F(ManifestTest, CollectsSomeFilesOfAFolder) {
    fs::create_directories(at("in") / "textures");
    for (const char* name : {"scene.blend", "secret", "textures/wood.png", "textures/stone.png"})
        write_file_durably(at("in") / name, name);
    const auto names = [](const Manifest& manifest) {
        std::vector<std::string> paths;
        for (const Entry& entry : manifest.entries)
            paths.push_back(entry.path);
        return paths;
    };
    const std::vector<std::string> wanted{"textures/wood.png", "scene.blend"};
    const std::vector<std::string> sorted{"scene.blend", "textures/wood.png"};
    EXPECT_EQ(names(collect(at("in"), blobs_, nullptr, &wanted)), sorted);
    HashCache cache(at("hashes"));
    EXPECT_EQ(names(survey(at("in"), cache, &wanted)), sorted);
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"../in/secret"}, {"no-such"}, {"textures"}, {"secret", "secret"}, {"/etc/passwd"}})
        EXPECT_THROW(collect(at("in"), blobs_, nullptr, &wrong), Error) << wrong[0];
}

TEST_F(ManifestTest, WhatCannotBeKeptIsNamed) {
    const auto refused = [&](const char* name) {
        const auto error = error_of([&] { collect(at("in"), blobs_); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid);
        EXPECT_THAT(error.what(), HasSubstr(name));
        fs::remove_all(at("in"));
        fs::create_directory(at("in"));
    };
    fs::create_directory(at("in"));
    ::mkfifo(at("in/pipe").c_str(), 0600);
    refused("in/pipe is a named pipe");
    fs::create_symlink("/etc/passwd", at("in/absolute"));
    refused("absolute");
    fs::create_directory(at("in/a"));
    fs::create_symlink("../../secret", at("in/a/out"));
    refused("a/out");
    write("in/back\\slash", "");
    refused("back\\slash");
    write("in/\xff", "");
    refused("\\xff");
    sockaddr_un address{AF_UNIX, {}};
    at("in/socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    refused("socket");
    std::string deep = "in";
    for (int i = 0; i < 250; ++i)
        fs::create_directory(at(deep += "/d"));
    refused("too deep");
}

TEST_F(ManifestTest, NothingIsLaidThroughALinkThatIsThere) {
    const BlobRef blob = blobs_.put("evil");
    fs::create_directory(at("victim"));
    fs::create_directory(at("root"));
    fs::create_directory_symlink(at("victim"), at("root/folder"));
    fs::create_symlink(at("victim/file"), at("root/file"));
    const auto refused = [&](const Entry& entry) {
        Manifest manifest;
        manifest.entries = {file_entry("before/good", blob), entry};
        const auto error = error_of([&] { place(manifest, at("root"), blobs_, Placement::copy); });
        EXPECT_EQ(error.kind(), Error::Kind::conflict) << entry.path;
        EXPECT_TRUE(fs::is_empty(at("victim"))) << entry.path;
        EXPECT_FALSE(fs::exists(at("root/before"))) << "nothing half-done is left";
    };
    refused(file_entry("folder/file", blob));
    refused(file_entry("folder/below/file", blob));
    refused(file_entry("file", blob));
    refused(folder_entry("folder/empty"));
    refused(folder_entry("folder"));
    refused(link_entry("folder/link", "x"));
    refused(link_entry("file", "x"));
}

TEST_F(ManifestTest, AFailureTakesBackWhatWasLaid) {
    Manifest manifest;
    manifest.entries = {file_entry("a/b/one", blobs_.put("one")), file_entry("a/two", {sha256("lost"), 4}),
                        folder_entry("c")};
    write("root/mine", "mine");
    EXPECT_EQ(error_of([&] { place(manifest, at("root"), blobs_, Placement::copy); }).kind(), Error::Kind::not_found);
    EXPECT_FALSE(fs::exists(at("root/a")));
    EXPECT_EQ(read_file(at("root/mine")), "mine");
    manifest.entries[1].path = "../two";
    EXPECT_EQ(error_of([&] { place(manifest, at("root"), blobs_, Placement::copy); }).kind(), Error::Kind::invalid);
    EXPECT_FALSE(fs::exists(at("two")));
}

// Published vectors of canonical JSON: keys and escapes, byte for byte.
TEST(CanonicalJson, AgreesWithThePublishedManifests) {
    const fs::path folder = testing_support::shared_data() / "openjd/openjd-rs/manifest-v2023";
    ATELIER_NEED_DATA(folder);
    int count = 0;
    for (const auto& file : fs::directory_iterator(folder)) {
        const std::string text = read_file(file.path());
        EXPECT_EQ(json::canonical(json::parse(text)), text) << file.path();
        ++count;
    }
    EXPECT_EQ(count, 11);
}

}  // namespace
}  // namespace atelier::store
