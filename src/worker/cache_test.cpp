#include "worker/cache.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/files.h"
#include "store/blobs.h"

namespace atelier::worker {
namespace {

class CacheTest : public ::testing::Test {
protected:
    void open(std::uint64_t limit) {
        blobs_.reset();
        cache_ = std::make_shared<Cache>(folder_.path() / "cache", limit);
        blobs_ = std::make_unique<store::Blobs>(cache_);
    }
    store::BlobRef put(char letter, std::size_t size = 100) { return blobs_->put(std::string(size, letter)); }
    bool has(const store::BlobRef& blob) { return cache_->head(store::Blobs::key_of(blob.digest)).has_value(); }
    void read(const store::BlobRef& blob) { blobs_->get(blob, 1000); }

    TemporaryFolder folder_;
    std::shared_ptr<Cache> cache_;
    std::unique_ptr<store::Blobs> blobs_;
};

TEST_F(CacheTest, WhatWasNotUsedForLongestGoesFirst) {
    open(300);
    const auto a = put('a');
    const auto b = put('b');
    const auto c = put('c');
    read(a);
    const auto d = put('d');
    EXPECT_TRUE(has(a));
    EXPECT_FALSE(has(b));
    EXPECT_TRUE(has(c));
    EXPECT_TRUE(has(d));
    EXPECT_EQ(cache_->bytes(), 300u);
}

TEST_F(CacheTest, WithoutALimitNothingGoes) {
    open(0);
    const auto a = put('a', 1000);
    put('b', 1000);
    EXPECT_TRUE(has(a));
}

TEST_F(CacheTest, WhatASessionUsesStaysUntilItsEnd) {
    open(250);
    const auto before = put('0');
    const auto used = put('1');
    {
        const Cache::Use use(*cache_);
        read(used);
        const auto a = put('a');
        const auto b = put('b');
        EXPECT_FALSE(has(before));
        EXPECT_TRUE(has(used));
        EXPECT_TRUE(has(a));
        EXPECT_TRUE(has(b));
        EXPECT_EQ(cache_->bytes(), 300u) << "more than the limit, for as long as it must be";
    }
    EXPECT_EQ(cache_->bytes(), 200u);
    EXPECT_FALSE(has(used));
}

TEST_F(CacheTest, TheOldestSessionCounts) {
    open(150);
    auto first = std::make_unique<Cache::Use>(*cache_);
    const auto a = put('a');
    {
        const Cache::Use second(*cache_);
        put('b');
    }
    EXPECT_TRUE(has(a));
    first.reset();
    EXPECT_FALSE(has(a));
}

TEST_F(CacheTest, ItKnowsAgainWhatItHadAndInWhichOrder) {
    open(0);
    const auto a = put('a');
    const auto b = put('b');
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    read(a);
    open(150);
    EXPECT_TRUE(has(b)) << "a result of a former process may need it";
    { const Cache::Use use(*cache_); }
    EXPECT_TRUE(has(a));
    EXPECT_FALSE(has(b));
    EXPECT_EQ(cache_->bytes(), 100u);
}

TEST_F(CacheTest, ReadingLeavesTheTimeOfTheFileAlone) {
    open(0);
    const auto a = put('a');
    const auto file = *cache_->local_path(store::Blobs::key_of(a.digest));
    const auto before = std::filesystem::last_write_time(file);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    read(a);
    EXPECT_EQ(std::filesystem::last_write_time(file), before);
}

TEST_F(CacheTest, PutTwiceCountsOnce) {
    open(0);
    put('a');
    put('a');
    EXPECT_EQ(cache_->bytes(), 100u);
    const auto b = put('b');
    cache_->remove(store::Blobs::key_of(b.digest));
    EXPECT_EQ(cache_->bytes(), 100u);
}

TEST_F(CacheTest, WhatAKillLeftUnfinishedIsGone) {
    open(0);
    put('a');
    write_file_durably(folder_.path() / "cache/incoming/left", "half");
    open(0);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "cache/incoming"));
    EXPECT_EQ(cache_->bytes(), 100u);
}

TEST_F(CacheTest, OneLargerThanTheLimitIsThereWhileItIsUsed) {
    open(10);
    const Cache::Use use(*cache_);
    const auto a = put('a');
    EXPECT_TRUE(has(a));
}

}  // namespace
}  // namespace atelier::worker
