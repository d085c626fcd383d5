// What every backend of the store promises, run over each of them; then what is the folder's own.
#include "store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/testing.h"

namespace atelier::store {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;

struct Backend {
    const char* name;
    std::unique_ptr<Store> (*open)(const fs::path& folder);
};

void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

class StoreTest : public testing::TestWithParam<Backend> {
protected:
    void SetUp() override { store_ = GetParam().open(folder_.path() / "store"); }

    bool put(const std::string& key, const std::vector<std::string>& pieces) {
        auto piece = pieces.begin();
        return store_->put_if_absent(key, [&] { return piece == pieces.end() ? std::string_view() : *piece++; });
    }
    std::string get(const std::string& key, Range range = {}) {
        std::string bytes;
        store_->get(key, range, [&](std::string_view piece) { bytes += piece; });
        return bytes;
    }
    std::vector<std::string> keys(const std::string& prefix) {
        std::vector<std::string> found;
        store_->list(prefix, [&](const ObjectInfo& object) { found.push_back(object.key); });
        std::sort(found.begin(), found.end());
        return found;
    }

    TemporaryFolder folder_;
    std::unique_ptr<Store> store_;
};

TEST_P(StoreTest, GivesBackWhatWasPut) {
    EXPECT_FALSE(store_->head("a/b"));
    EXPECT_TRUE(put("a/b", {"hel", "lo"}));
    EXPECT_EQ(get("a/b"), "hello");
    const auto info = store_->head("a/b");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->size, 5u);
    EXPECT_GT(info->modified, 0);
    EXPECT_TRUE(put("empty", {}));
    EXPECT_EQ(get("empty"), "");
}

TEST_P(StoreTest, WhatIsThereStays) {
    EXPECT_TRUE(put("key", {"first"}));
    EXPECT_FALSE(put("key", {"second"}));
    EXPECT_EQ(get("key"), "first");
}

TEST_P(StoreTest, GivesARange) {
    put("digits", {"0123456789"});
    EXPECT_EQ(get("digits", {3, 4}), "3456");
    EXPECT_EQ(get("digits", {8, 100}), "89");
    EXPECT_EQ(get("digits", {4, std::nullopt}), "456789");
    EXPECT_EQ(get("digits", {10, 5}), "");
    EXPECT_EQ(get("digits", {1000, std::nullopt}), "");
    EXPECT_EQ(get("digits", {2, 0}), "");
}

TEST_P(StoreTest, WhatIsMissingIsSaid) {
    EXPECT_EQ(error_of([&] { get("nothing"); }).kind(), Error::Kind::not_found);
    EXPECT_NO_THROW(store_->remove("nothing"));
    EXPECT_FALSE(store_->local_path("nothing"));
    EXPECT_TRUE(keys("").empty());
    EXPECT_TRUE(keys("nothing/").empty());
    Arrival known{nullptr, "nothing"};
    EXPECT_EQ(error_of([&] { store_->keep({&known, 1}); }).kind(), Error::Kind::not_found);
}

TEST_P(StoreTest, ListsByPrefix) {
    for (const char* key : {"a/1", "a/2", "ab/3", "b", "a/c/4"})
        put(key, {"x"});
    EXPECT_EQ(keys(""), (std::vector<std::string>{"a/1", "a/2", "a/c/4", "ab/3", "b"}));
    EXPECT_EQ(keys("a/"), (std::vector<std::string>{"a/1", "a/2", "a/c/4"}));
    EXPECT_EQ(keys("a"), (std::vector<std::string>{"a/1", "a/2", "a/c/4", "ab/3"}));
    EXPECT_EQ(keys("a/c/4"), (std::vector<std::string>{"a/c/4"}));
    EXPECT_TRUE(keys("zz/").empty());
}

TEST_P(StoreTest, RemovesUnlessItWasPutAgain) {
    put("key", {"x"});
    auto seen = store_->head("key").value();
    --seen.modified;
    EXPECT_FALSE(store_->remove_if_unchanged(seen));
    EXPECT_TRUE(store_->head("key"));
    EXPECT_TRUE(store_->remove_if_unchanged(store_->head("key").value()));
    EXPECT_FALSE(store_->head("key"));
    EXPECT_TRUE(put("key", {"y"}));
    store_->remove("key");
    EXPECT_FALSE(store_->head("key"));
}

TEST_P(StoreTest, UnsafeKeysAreRefused) {
    for (const char* key : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a\\b"}) {
        EXPECT_EQ(error_of([&] { put(key, {"x"}); }).kind(), Error::Kind::invalid) << key;
        EXPECT_EQ(error_of([&] { get(key); }).kind(), Error::Kind::invalid) << key;
        EXPECT_EQ(error_of([&] { store_->remove(key); }).kind(), Error::Kind::invalid) << key;
    }
    EXPECT_EQ(error_of([&] { keys("../"); }).kind(), Error::Kind::invalid);
}

TEST_P(StoreTest, WhatIsGivenUpLeavesNothing) {
    {
        const auto object = store_->begin();
        object->write("half");
    }
    EXPECT_EQ(store_->remove_unfinished(INT64_MAX, true).count, 0u);
    EXPECT_THROW(store_->put_if_absent("key", []() -> std::string_view { throw std::runtime_error("no more"); }),
                 std::runtime_error);
    EXPECT_TRUE(keys("").empty());
    EXPECT_EQ(store_->remove_unfinished(INT64_MAX, true).count, 0u);
}

TEST_P(StoreTest, ManyAreKeptTogether) {
    std::vector<Arrival> arrivals;
    for (int i = 0; i < 100; ++i) {
        arrivals.push_back({store_->begin(), "many/" + std::to_string(i % 90)});  // ten of them twice
        arrivals.back().object->write("x");
    }
    store_->keep(arrivals);
    EXPECT_EQ(std::ranges::count_if(arrivals, [](const Arrival& arrival) { return arrival.was_new; }), 90);
    EXPECT_EQ(keys("many/").size(), 90u);
    EXPECT_NO_THROW(store_->keep({}));
}

TEST_P(StoreTest, OfManyWhoPutTheSameOneWins) {
    const std::string content(300'000, 'x');
    for (int round = 0; round < 20; ++round) {
        const std::string key = "race/" + std::to_string(round);
        std::atomic<int> winners = 0;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t)
                threads.emplace_back([&] { winners += put(key, {content}) ? 1 : 0; });
        }
        EXPECT_EQ(winners, 1);
        EXPECT_EQ(get(key), content);
    }
    EXPECT_EQ(store_->remove_unfinished(INT64_MAX, true).count, 0u);
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreTest, testing::Values(Backend{"folder", &open_folder_store}),
                         [](const auto& instance) { return instance.param.name; });

class FolderStoreTest : public testing::Test {
protected:
    fs::path root() const { return folder_.path() / "store"; }
    bool put(const std::string& key, std::string_view content) {
        return store_->put_if_absent(key, [&] { return std::exchange(content, {}); });
    }
    TemporaryFolder folder_;
    std::unique_ptr<Store> store_ = open_folder_store(root());
};

TEST_F(FolderStoreTest, ObjectsCanOnlyBeRead) {
    put("a/b", "x");
    struct stat info {};
    ASSERT_EQ(::stat(store_->local_path("a/b")->c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0444u);
    EXPECT_FALSE(store_->signed_address("a/b", false, 60));
}

TEST_F(FolderStoreTest, ItsFolderMayBeNamedInAnyWay) {
    for (const char* name : {"other/", "./other", "x/../other/."}) {
        store_ = open_folder_store(folder_.path() / name);
        put("a/b", "x");
        EXPECT_TRUE(store_->head("a/b")) << name;
    }
    EXPECT_TRUE(fs::exists(folder_.path() / "other" / "a" / "b"));
}

TEST_F(FolderStoreTest, WhatIsNoFileIsInTheWay) {
    fs::create_directories(root() / "key");
    EXPECT_EQ(error_of([&] { put("key", "x"); }).kind(), Error::Kind::conflict);
    fs::create_symlink("elsewhere", root() / "link");
    EXPECT_EQ(error_of([&] { put("link", "x"); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(store_->remove_unfinished(INT64_MAX, true).count, 0u);
}

TEST_F(FolderStoreTest, ItsOwnFolderIsNoKey) {
    EXPECT_EQ(error_of([&] { put("incoming/x", "x"); }).kind(), Error::Kind::invalid);
    const auto unfinished = store_->begin();
    unfinished->write("x");
    store_->list("", [](const ObjectInfo& object) { ADD_FAILURE() << object.key; });
    EXPECT_EQ(store_->remove_unfinished(INT64_MAX, true).count, 1u);
}

TEST_F(FolderStoreTest, WhatADeadProcessLeftIsRemovedWhenItIsOld) {
    fs::create_directories(root() / "incoming");
    write_file_durably(root() / "incoming" / "left", "12345");
    EXPECT_EQ(store_->remove_unfinished(0, false).count, 0u) << "it is not that old";
    EXPECT_EQ(store_->remove_unfinished(INT64_MAX, false).bytes, 5u);
    EXPECT_FALSE(fs::exists(root() / "incoming" / "left"));
}

TEST_F(FolderStoreTest, AListOf100000StreamsWithoutBeingKept) {
    constexpr int folders = 100;
    constexpr int count = 100'000;
    for (int folder = 0; folder < folders; ++folder) {
        const fs::path path = root() / "many" / std::to_string(folder);
        fs::create_directories(path);
        open_file(path / "0", O_CREAT | O_WRONLY);
        for (int i = 1; i < count / folders; ++i)
            fs::create_hard_link(path / "0", path / std::to_string(i));
    }
    int seen = 0;
    store_->list("many/", [&](const ObjectInfo&) { ++seen; });
    EXPECT_EQ(seen, count);
    struct Enough {};
    EXPECT_THROW(store_->list("many/", [&](const ObjectInfo&) { throw Enough(); }), Enough);
}

TEST_F(FolderStoreTest, LinksInTheFolderAreNotFollowed) {
    write_file_durably(folder_.path() / "secret", "s");
    put("a", "x");
    fs::create_symlink(folder_.path() / "secret", root() / "out");
    fs::create_directory_symlink(folder_.path(), root() / "up");
    EXPECT_FALSE(store_->head("out"));
    EXPECT_THROW(store_->get("out", {}, [](std::string_view) {}), Error);
    EXPECT_THROW(store_->get("up/secret", {}, [](std::string_view) {}), Error);
    int seen = 0;
    store_->list("", [&](const ObjectInfo&) { ++seen; });
    EXPECT_EQ(seen, 1);
}

TEST_F(FolderStoreTest, AFullDiskIsToldAndLeavesNothing) {
    const testing_support::SmallDisk disk(folder_.path() / "disk");
    if (!disk.mounted()) GTEST_SKIP() << "a small file system can be mounted by root only";
    store_ = open_folder_store(folder_.path() / "disk");
    EXPECT_TRUE(put("small", "x"));
    const std::string large(4u << 20, 'x');
    EXPECT_EQ(error_of([&] { put("large", large); }).kind(), Error::Kind::exhausted);
    EXPECT_FALSE(store_->head("large"));
    EXPECT_EQ(store_->remove_unfinished(INT64_MAX, true).count, 0u);
    EXPECT_TRUE(put("another", std::string(1u << 20, 'x'))) << "its space is free again";
}

TEST_F(FolderStoreTest, AReadOnlyStoreCanBeRead) {
    testing_support::SmallDisk disk(folder_.path() / "disk");
    const fs::path place = disk.mounted() ? folder_.path() / "disk" : root();
    store_ = open_folder_store(place);
    put("key", "content");
    if (disk.mounted())
        ASSERT_TRUE(disk.make_read_only());
    else
        for (const fs::path& path : {place, place / "incoming"})
            fs::permissions(path, fs::perms(0555));
    std::string content;
    store_->get("key", {}, [&](std::string_view piece) { content += piece; });
    EXPECT_EQ(content, "content");
    EXPECT_EQ(error_of([&] { put("other", "x"); }).kind(), Error::Kind::denied);
    EXPECT_EQ(error_of([&] { store_->remove("key"); }).kind(), Error::Kind::denied);
    EXPECT_TRUE(store_->head("key"));
    if (!disk.mounted())
        for (const fs::path& path : {place, place / "incoming"})
            fs::permissions(path, fs::perms(0755));
}

}  // namespace
}  // namespace atelier::store
