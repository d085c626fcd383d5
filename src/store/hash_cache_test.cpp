#include "store/hash_cache.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"
#include "store/manifest.h"

namespace atelier::store {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;

struct TurnedClock : Clock {
    Micros now = system_clock().wall();
    Micros wall() const override { return now; }
    Steady steady() const override { return {}; }
};

constexpr Micros minute = 60'000'000;
constexpr Micros day = 24 * 60 * minute;

class HashCacheTest : public testing::Test {
protected:
    fs::path at(const std::string& name) const { return folder_.path() / name; }
    fs::path write(const std::string& content) const {
        write_file_durably(at("file"), content);
        return at("file");
    }
    TemporaryFolder folder_;
    TurnedClock clock_;
};

TEST_F(HashCacheTest, SparesReadingWhatTheStoreHas) {
    fs::create_directory(at("inputs"));
    write_file_durably(at("inputs") / "a", "content");
    clock_.now += minute;
    HashCache cache(at("cache.db"), clock_);
    Blobs blobs(std::shared_ptr<Store>(open_folder_store(at("store"))));
    const Manifest first = collect(at("inputs"), blobs, &cache);
    ASSERT_EQ(cache.find(at("inputs") / "a"), sha256("content"));
    EXPECT_EQ(collect(at("inputs"), blobs, &cache), first);
    EXPECT_EQ(collect(at("inputs") / "a", blobs, &cache).entries.at(0).blob.digest, sha256("content"));

    blobs.store().remove(Blobs::key_of(sha256("content")));  // the cache knows it, the store doesn't have it
    EXPECT_EQ(collect(at("inputs"), blobs, &cache), first);
    EXPECT_TRUE(blobs.has({sha256("content"), 7}));
}

TEST_F(HashCacheTest, RemembersWhatItHashed) {
    const fs::path file = write("content");
    clock_.now += minute;
    HashCache cache(at("cache.db"), clock_);
    EXPECT_FALSE(cache.find(file));
    EXPECT_EQ(cache.digest_of(file), sha256("content"));
    EXPECT_EQ(cache.find(file), sha256("content"));
    EXPECT_EQ(HashCache(at("cache.db"), clock_).find(file), sha256("content")) << "another process";
}

TEST_F(HashCacheTest, AnotherSizeTimeOrInodeIsAnotherFile) {
    const fs::path file = write("content");
    clock_.now += minute;
    HashCache cache(at("cache.db"), clock_);
    cache.digest_of(file);
    const auto time = fs::last_write_time(file);
    fs::last_write_time(file, time - std::chrono::seconds(1));
    EXPECT_FALSE(cache.find(file));
    fs::last_write_time(file, time);
    EXPECT_TRUE(cache.find(file));
    write("CONTENT");  // a new file, renamed over the old one
    fs::last_write_time(file, time);
    EXPECT_FALSE(cache.find(file));
    EXPECT_EQ(cache.digest_of(file), sha256("CONTENT"));
}

TEST_F(HashCacheTest, AFileWrittenAMomentAgoIsNotRemembered) {
    HashCache cache(at("cache.db"), clock_);
    EXPECT_EQ(cache.digest_of(write("content")), sha256("content"));
    EXPECT_FALSE(cache.find(at("file")));
}

TEST_F(HashCacheTest, ADamagedCacheIsBegunAnew) {
    write_file_durably(at("cache.db"), std::string(10'000, 'x'));
    const fs::path file = write("content");
    clock_.now += minute;
    HashCache cache(at("cache.db"), clock_);
    EXPECT_EQ(cache.digest_of(file), sha256("content"));
    EXPECT_TRUE(cache.find(file));
}

TEST_F(HashCacheTest, ForgetsWhatIsLongAgo) {
    const fs::path file = write("content");
    clock_.now += minute;
    HashCache(at("cache.db"), clock_).digest_of(file);
    clock_.now += 59 * day;
    EXPECT_TRUE(HashCache(at("cache.db"), clock_).find(file));
    clock_.now += 2 * day;
    EXPECT_FALSE(HashCache(at("cache.db"), clock_).find(file));
}

TEST_F(HashCacheTest, WhatIsNoFileIsAnError) {
    HashCache cache(at("cache.db"), clock_);
    EXPECT_EQ(error_of([&] { cache.digest_of(at("missing")); }).kind(), Error::Kind::not_found);
    EXPECT_EQ(error_of([&] { cache.digest_of(folder_.path()); }).kind(), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::store
