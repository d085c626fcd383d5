#include "store/garbage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "base/testing.h"

namespace atelier::store {
namespace {

namespace fs = std::filesystem;

constexpr Micros second = 1'000'000;
constexpr Micros hour = 3'600 * second;

class GarbageTest : public testing::Test {
protected:
    BlobRef put_at(const std::string& content, Micros time) {
        const BlobRef blob = blobs_.put(content);
        set_time(path_of(blob), time);
        return blob;
    }
    void set_time(const fs::path& file, Micros time) {
        const timespec times[2] = {{time / second, 0}, {time / second, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    }
    fs::path path_of(const BlobRef& blob) { return *store_->local_path(Blobs::key_of(blob.digest)); }
    auto is_live() {
        return [this](const Digest& digest) { return live_.contains(digest); };
    }

    TemporaryFolder folder_;
    std::shared_ptr<Store> store_ = open_folder_store(folder_.path() / "store");
    Blobs blobs_{store_};
    std::set<Digest> live_;
};

TEST_F(GarbageTest, RemovesWhatIsOldAndNotAlive) {
    const BlobRef alive = put_at("alive", hour);
    const BlobRef dead = put_at("dead", hour);
    const BlobRef young = put_at("young", 3 * hour);
    live_.insert(alive.digest);
    const auto rehearsal = gc(*store_, is_live(), 2 * hour, true);
    EXPECT_EQ(rehearsal.removed, 1u);
    EXPECT_TRUE(blobs_.has(dead)) << "a dry run removes nothing";
    const auto report = gc(*store_, is_live(), 2 * hour, false);
    EXPECT_EQ(report.kept, 2u);
    EXPECT_EQ(report.removed, 1u);
    EXPECT_EQ(report.bytes, 4u);
    EXPECT_FALSE(blobs_.has(dead));
    EXPECT_TRUE(blobs_.has(alive));
    EXPECT_TRUE(blobs_.has(young));
    EXPECT_EQ(gc(*store_, is_live(), 2 * hour, false).removed, 0u) << "twice does no more";
}

TEST_F(GarbageTest, WhatWasPutAgainIsYoungAgain) {
    const BlobRef blob = put_at("content", hour);
    blobs_.put("content");
    EXPECT_EQ(gc(*store_, is_live(), 2 * hour, false).removed, 0u);
    // put again after it was seen, before it is removed
    set_time(path_of(blob), hour);
    const auto put_again = [&](const Digest&) {
        blobs_.put("content");
        return false;
    };
    EXPECT_EQ(gc(*store_, put_again, 2 * hour, false).removed, 0u);
    EXPECT_TRUE(blobs_.has(blob));
}

TEST_F(GarbageTest, OnlyBlobsAreCollected) {
    const auto once = [content = std::string_view("x")]() mutable { return std::exchange(content, {}); };
    store_->put_if_absent("published/site/index.html", once);
    fs::create_directories(folder_.path() / "store" / "sha256" / "zz");
    write_file_durably(folder_.path() / "store" / "sha256" / "zz" / "stranger", "x");
    EXPECT_EQ(gc(*store_, is_live(), INT64_MAX, false).removed, 0u);
    EXPECT_TRUE(store_->head("published/site/index.html"));
    EXPECT_TRUE(store_->head("sha256/zz/stranger"));
}

TEST_F(GarbageTest, WhatWasBegunADayBeforeIsRemoved) {
    blobs_.put("content");
    const fs::path left = folder_.path() / "store" / "incoming" / "left";
    write_file_durably(left, "12345");
    set_time(left, 10 * hour);
    EXPECT_EQ(gc(*store_, is_live(), 30 * hour, false).unfinished.count, 0u);
    EXPECT_EQ(gc(*store_, is_live(), 35 * hour, true).unfinished.bytes, 5u);
    EXPECT_TRUE(fs::exists(left));
    EXPECT_EQ(gc(*store_, is_live(), 35 * hour, false).unfinished.count, 1u);
    EXPECT_FALSE(fs::exists(left));
}

TEST_F(GarbageTest, CheckNamesWhatIsDamaged) {
    blobs_.put("good");
    EXPECT_TRUE(check(*store_).empty());
    const BlobRef cut = blobs_.put("this will be cut");
    const BlobRef changed = blobs_.put("this will be changed");
    fs::permissions(path_of(cut), fs::perms(0644));
    fs::resize_file(path_of(cut), 4);
    fs::permissions(path_of(changed), fs::perms(0644));
    const Fd file = open_file(path_of(changed), O_WRONLY);
    write_all(file.get(), "T", path_of(changed));
    std::set<std::string> keys;
    for (const Damage& damage : check(*store_))
        keys.insert(damage.key);
    EXPECT_EQ(keys, (std::set<std::string>{Blobs::key_of(cut.digest), Blobs::key_of(changed.digest)}));
}

TEST_F(GarbageTest, UsageCounts) {
    EXPECT_EQ(usage(*store_).objects, 0u);
    blobs_.put("12345");
    blobs_.put("123");
    const auto unfinished = store_->begin();
    unfinished->write("1234567");
    const Usage sum = usage(*store_);
    EXPECT_EQ(sum.objects, 2u);
    EXPECT_EQ(sum.bytes, 8u);
    EXPECT_EQ(sum.unfinished.bytes, 7u);
}

}  // namespace
}  // namespace atelier::store
