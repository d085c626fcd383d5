#include "store/blobs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "base/testing.h"
#include "store/garbage.h"

namespace atelier::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::error_of;

std::string some_bytes(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random());
    return bytes;
}

// As a user who isn't root would do it.
void damage(const fs::path& file, std::string_view content) {
    fs::permissions(file, fs::perms(0644));
    const Fd fd = open_file(file, O_WRONLY | O_TRUNC);
    write_all(fd.get(), content, file);
}

class BlobsTest : public testing::Test {
protected:
    fs::path at(const std::string& name) const { return folder_.path() / name; }
    fs::path write(const std::string& name, std::string_view content) const {
        write_file_durably(at(name), content);
        return at(name);
    }
    fs::path path_of(const BlobRef& blob) { return *blobs_.store().local_path(Blobs::key_of(blob.digest)); }

    TemporaryFolder folder_;
    std::shared_ptr<Store> store_ = open_folder_store(at("store"));
    Blobs blobs_{store_};
};

TEST_F(BlobsTest, AKeyIsMadeOfTheDigest) {
    const Digest digest = sha256("abc");
    const std::string key = Blobs::key_of(digest);
    EXPECT_EQ(key, "sha256/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(Blobs::digest_of(key), digest);
    for (const char* other :
         {"", "sha256/", "sha256/ba", "sha256/ba/", "sha256/ba/78", "published/ba/7816", "sha256/ba77816"})
        EXPECT_FALSE(Blobs::digest_of(other)) << other;
}

TEST_F(BlobsTest, BytesComeBackAsTheyWere) {
    for (const std::size_t size : {0u, 1u, 1u << 20, (1u << 20) + 1, 3'000'000u}) {
        const std::string bytes = some_bytes(size, 1);
        const BlobRef blob = blobs_.put(bytes);
        EXPECT_EQ(blob.size, size);
        EXPECT_EQ(blob.digest, sha256(bytes));
        EXPECT_TRUE(blobs_.has(blob));
        EXPECT_EQ(blobs_.get(blob, size), bytes);
        EXPECT_EQ(blobs_.put_file(write("file", bytes)), blob) << "the same content is the same blob";
    }
    EXPECT_EQ(usage(*store_).objects, 5u);
}

TEST_F(BlobsTest, GetIsBoundedAndChecked) {
    const BlobRef blob = blobs_.put("content");
    EXPECT_EQ(error_of([&] { blobs_.get(blob, 6); }).kind(), Error::Kind::exhausted);
    EXPECT_EQ(error_of([&] { blobs_.get({sha256("x"), 1}, 10); }).kind(), Error::Kind::not_found);
    EXPECT_FALSE(blobs_.has({blob.digest, 8}));
    for (const char* content : {"conten", "cOntent", "contents"}) {
        damage(path_of(blob), content);
        const auto damaged = error_of([&] { blobs_.get(blob, 100); });
        EXPECT_EQ(damaged.kind(), Error::Kind::internal);
        EXPECT_THAT(damaged.what(), HasSubstr(blob.digest.hex()));
    }
}

TEST_F(BlobsTest, ATruncatedBlobIsMadeWholeByPuttingItAgain) {
    const BlobRef blob = blobs_.put("content");
    damage(path_of(blob), "con");
    EXPECT_FALSE(blobs_.has(blob));
    EXPECT_EQ(blobs_.put("content"), blob);
    EXPECT_EQ(blobs_.get(blob, 100), "content");
    damage(path_of(blob), "con");
    blobs_.put_file(write("file", "content"));
    EXPECT_EQ(blobs_.get(blob, 100), "content");
}

TEST_F(BlobsTest, ManyFilesComeBackInTheirOrder) {
    std::vector<fs::path> files;
    std::vector<BlobRef> expected;
    for (unsigned i = 0; i < 300; ++i) {
        const std::string bytes = some_bytes(i * 37 % 5000, i / 2);  // some of them twice
        files.push_back(write("file" + std::to_string(i), bytes));
        expected.push_back({sha256(bytes), bytes.size()});
    }
    EXPECT_EQ(blobs_.put_files(files, 3), expected);
    for (const BlobRef& blob : expected)
        EXPECT_TRUE(blobs_.has(blob));
    EXPECT_TRUE(check(*store_).empty());
    EXPECT_TRUE(blobs_.put_files({}).empty());
    files.push_back(at("missing"));
    const auto missing = error_of([&] { blobs_.put_files(files); });
    EXPECT_EQ(missing.kind(), Error::Kind::not_found);
    EXPECT_THAT(missing.what(), HasSubstr("missing"));
}

TEST_F(BlobsTest, WhatIsNoFileIsNamed) {
    ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
    const auto pipe = error_of([&] { blobs_.put_file(at("pipe")); });
    EXPECT_EQ(pipe.kind(), Error::Kind::invalid);
    EXPECT_THAT(pipe.what(), HasSubstr("is a named pipe"));
    EXPECT_THAT(error_of([&] { blobs_.put_file(folder_.path()); }).what(), HasSubstr("is a folder"));
    EXPECT_THAT(error_of([&] { blobs_.put_file("/dev/zero"); }).what(), HasSubstr("is a device"));
}

TEST_F(BlobsTest, AFileThatChangesMeanwhileIsRefused) {
    const fs::path file = write("file", some_bytes(8u << 20, 1));
    std::jthread writer([&](const std::stop_token& stop) {
        const Fd fd = open_file(file, O_WRONLY | O_APPEND);
        while (!stop.stop_requested())
            write_all(fd.get(), "more", file);
    });
    while (fs::file_size(file) == 8u << 20)
        std::this_thread::yield();
    EXPECT_EQ(error_of([&] { blobs_.put_file(file); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(usage(*store_).objects, 0u);
    EXPECT_EQ(usage(*store_).unfinished.count, 0u);
}

class PlaceTest : public BlobsTest, public testing::WithParamInterface<Placement> {};

TEST_P(PlaceTest, LaysTheContent) {
    const std::string bytes = some_bytes(3'000'000, 4);
    const BlobRef blob = blobs_.put(bytes);
    for (const unsigned mode : {0644u, 0755u, 0444u}) {
        const fs::path target = at("target" + std::to_string(mode));
        blobs_.place(blob, target, GetParam(), mode);
        EXPECT_EQ(read_file(target), bytes);
        struct stat info {};
        ASSERT_EQ(::stat(target.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, info.st_nlink > 1 ? 0444u : mode);
        if (mode == 0755 || ::geteuid() == 0) {
            EXPECT_EQ(info.st_nlink, 1u) << "what can be written is never the blob itself";
        }
    }
    const BlobRef nothing = blobs_.put("");
    blobs_.place(nothing, at("empty"), GetParam());
    EXPECT_EQ(read_file(at("empty")), "");
}

TEST_P(PlaceTest, NeverWritesOverWhatIsThere) {
    const BlobRef blob = blobs_.put("content");
    write("file", "mine");
    fs::create_symlink("elsewhere", at("link"));
    for (const char* name : {"file", "link"})
        EXPECT_EQ(error_of([&] { blobs_.place(blob, at(name), GetParam()); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(read_file(at("file")), "mine");
    EXPECT_FALSE(fs::exists(at("elsewhere")));
    EXPECT_EQ(error_of([&] { blobs_.place(blob, at("no") / "file", GetParam()); }).kind(), Error::Kind::not_found);
}

TEST_P(PlaceTest, ADamagedBlobIsNamedAndNothingIsLeft) {
    const BlobRef blob = blobs_.put("content");
    blobs_.place(blob, at("good"), GetParam());
    fs::remove(at("good"));
    for (const char* content : {"conten", "cOntent", "contents", ""}) {
        damage(path_of(blob), content);
        const auto damaged = error_of([&] { blobs_.place(blob, at("target"), GetParam()); });
        EXPECT_EQ(damaged.kind(), Error::Kind::internal) << content;
        EXPECT_THAT(damaged.what(), HasSubstr(blob.digest.hex()));
        EXPECT_FALSE(fs::exists(at("target")));
    }
    store_->remove(Blobs::key_of(blob.digest));
    EXPECT_EQ(error_of([&] { blobs_.place(blob, at("target"), GetParam()); }).kind(), Error::Kind::not_found);
    EXPECT_FALSE(fs::exists(at("target")));
}

INSTANTIATE_TEST_SUITE_P(Placements, PlaceTest, testing::Values(Placement::automatic, Placement::copy),
                         [](const auto& instance) {
                             return instance.param == Placement::automatic ? "automatic" : "copy";
                         });

// Only in a child: the user of the whole process changes.
TEST_F(BlobsTest, WhoIsNotRootGetsALinkThatCanOnlyBeRead) {
    fs::permissions(folder_.path(), fs::perms(0777));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
        try {
            Blobs blobs(open_folder_store(at("own")));
            const BlobRef blob = blobs.put("content");
            blobs.place(blob, at("target"), Placement::automatic);
            struct stat info {};
            ::stat(at("target").c_str(), &info);
            const bool linked = info.st_nlink == 2 && (info.st_mode & 0777) == 0444;
            const bool cloned = info.st_nlink == 1 && (info.st_mode & 0777) == 0644;  // where there are reflinks
            ::_exit(linked || cloned ? 0 : 1);
        } catch (...) {
            ::_exit(3);
        }
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(read_file(at("target")), "content");
}

[[noreturn]] void put_until_killed(const fs::path& root, const std::vector<fs::path>& files) {
    try {
        for (;;)
            Blobs(open_folder_store(root)).put_files(files);
    } catch (...) {
        ::_exit(1);
    }
}

// Two children put the same files until they are killed: what has a key is whole, always.
TEST_F(BlobsTest, AKillWhilePuttingLeavesNothingWrong) {
    std::mt19937 random(20261121);
    std::vector<fs::path> files;
    for (unsigned i = 0; i < 40; ++i)
        files.push_back(write("file" + std::to_string(i), some_bytes(1000u + i * 30'000u, i)));
    for (int round = 0; round < 8; ++round) {
        pid_t children[2];
        for (pid_t& child : children) {
            child = ::fork();
            ASSERT_GE(child, 0);
            if (child == 0) put_until_killed(at("store"), files);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
        for (const pid_t child : children) {
            int status = 0;
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
        }
        EXPECT_TRUE(check(*store_).empty());
        if (round % 2 == 1)  // begin anew, so that there is something to put
            store_->list("sha256/", [&](const ObjectInfo& object) { store_->remove(object.key); });
    }
    const auto blobs = blobs_.put_files(files);
    for (const BlobRef& blob : blobs)
        EXPECT_TRUE(blobs_.has(blob));
    EXPECT_TRUE(check(*store_).empty());
    store_->remove_unfinished(INT64_MAX, false);
    EXPECT_EQ(usage(*store_).unfinished.count, 0u);
}

}  // namespace
}  // namespace atelier::store
