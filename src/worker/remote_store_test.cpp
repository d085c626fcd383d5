#include "worker/remote_store.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/testing.h"
#include "worker/testing_server.h"

namespace atelier::worker {
namespace {

using std::chrono_literals::operator""ms;
using testing::TestServer;
using testing_support::error_of;

std::string noise(std::size_t size, unsigned seed = 1) {
    std::string bytes(size, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
    return bytes;
}

bool never() { return false; }

class RemoteStoreTest : public ::testing::Test {
protected:
    RemoteStoreTest() { open(0); }
    void open(std::uint64_t limit) {
        store_.reset();
        cache_ = std::make_shared<Cache>(folder_.path() / "cache", limit);
        blobs_ = std::make_unique<store::Blobs>(cache_);
        store_ = std::make_unique<RemoteStore>(server_.client(), cache_);
    }
    void fetch(const Digest& digest, std::uint64_t size) {
        const store::BlobRef blob{digest, size};
        store_->use(never)->fetch({&blob, 1});
    }
    void deliver(const std::vector<store::BlobRef>& blobs) { store_->use(never)->deliver(blobs); }

    TemporaryFolder folder_;
    TestServer server_;
    std::shared_ptr<Cache> cache_;
    std::unique_ptr<store::Blobs> blobs_;
    std::unique_ptr<RemoteStore> store_;
};

TEST_F(RemoteStoreTest, FetchesWhatItLacksAndOnlyThat) {
    const std::string bytes = noise(300'000);
    const Digest digest = server_.put(bytes);
    fetch(digest, bytes.size());
    fetch(digest, bytes.size());
    EXPECT_EQ(blobs_->get({digest, bytes.size()}, bytes.size()), bytes);
    EXPECT_EQ(server_.downloads, 1);
}

TEST_F(RemoteStoreTest, EmptyBlobsGoBothWays) {
    fetch(server_.put(""), 0);
    EXPECT_TRUE(blobs_->has({sha256(""), 0}));
    server_.blobs.clear();
    deliver({{sha256(""), 0}});
    EXPECT_TRUE(server_.has(""));
}

TEST_F(RemoteStoreTest, ADownloadThatBreaksGoesOnWhereItStood) {
    const std::string bytes = noise(5'000'000);
    const Digest digest = server_.put(bytes);
    server_.cut_download_after = 3'000'000;
    fetch(digest, bytes.size());
    EXPECT_EQ(blobs_->get({digest, bytes.size()}, bytes.size()), bytes);
    EXPECT_EQ(server_.downloads, 2);
}

TEST_F(RemoteStoreTest, ADamagedDownloadGetsNoKey) {
    const std::string bytes = noise(100'000);
    const Digest digest = server_.put(bytes);
    server_.damaged_downloads = 1;
    fetch(digest, bytes.size());
    EXPECT_EQ(server_.downloads, 2);
    server_.damaged_downloads = 1000;
    const std::string other = noise(1000, 7);
    const Digest damaged = server_.put(other);
    const Error error = error_of([&] { fetch(damaged, other.size()); });
    EXPECT_EQ(error.kind(), Error::Kind::internal);
    EXPECT_FALSE(blobs_->has({damaged, other.size()}));
}

TEST_F(RemoteStoreTest, ABlobThatIsDamagedInTheCacheIsFetchedAgain) {
    const std::string bytes = noise(100'000);
    const Digest digest = server_.put(bytes);
    fetch(digest, bytes.size());
    const auto file = *cache_->local_path(store::Blobs::key_of(digest));
    open(0);  // as a process that comes later
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    write_file_durably(file, std::string(bytes.size(), 'x'));
    fetch(digest, bytes.size());
    EXPECT_EQ(blobs_->get({digest, bytes.size()}, bytes.size()), bytes);
    EXPECT_EQ(server_.downloads, 2);
}

TEST_F(RemoteStoreTest, WhatNobodyHasIsNotFound) {
    EXPECT_EQ(error_of([&] { fetch(sha256("nothing"), 7); }).kind(), Error::Kind::not_found);
    EXPECT_EQ(error_of([&] { deliver({{sha256("nothing"), 7}}); }).kind(), Error::Kind::not_found);
}

TEST_F(RemoteStoreTest, TwoSessionsFetchTheSameOnce) {
    const std::string bytes = noise(8'000'000);
    const Digest digest = server_.put(bytes);
    std::vector<std::thread> sessions;
    for (int i = 0; i < 4; ++i)
        sessions.emplace_back([&] { fetch(digest, bytes.size()); });
    for (std::thread& session : sessions)
        session.join();
    EXPECT_EQ(server_.downloads, 1);
    EXPECT_TRUE(blobs_->has({digest, bytes.size()}));
}

TEST_F(RemoteStoreTest, DeliversOnlyWhatTheServerLacks) {
    const auto small = blobs_->put(noise(1000, 1));
    const auto known = blobs_->put(noise(1000, 2));
    server_.put(noise(1000, 2));
    deliver({small, known, small});
    EXPECT_TRUE(server_.has(noise(1000, 1)));
    EXPECT_EQ(server_.uploads, 1);
    deliver({});
    EXPECT_EQ(server_.uploads, 1);
}

TEST_F(RemoteStoreTest, ALargeUploadThatIsCutGoesOnWhereItStood) {
    const std::string bytes = noise(20'000'000);
    const auto large = blobs_->put(bytes);
    server_.cut_upload_after = 7'000'000;
    deliver({large});
    EXPECT_TRUE(server_.has(bytes));
    EXPECT_EQ(server_.bytes_taken, bytes.size()) << "nothing was sent twice that had arrived";
    EXPECT_EQ(server_.uploads, 1);
}

TEST_F(RemoteStoreTest, AnUploadThatTheServerForgotBeginsAnew) {
    const std::string bytes = noise(10'000'000);
    const auto large = blobs_->put(bytes);
    server_.cut_upload_after = 5'000'000;
    server_.forgets_uploads = true;
    deliver({large});
    EXPECT_TRUE(server_.has(bytes));
    EXPECT_EQ(server_.uploads, 2);
}

TEST_F(RemoteStoreTest, ResultsWaitUntilTheServerIsBack) {
    server_.set_away(true);
    const auto small = blobs_->put("small");
    std::atomic<bool> done = false;
    std::thread session([&] {
        deliver({small});
        done = true;
    });
    std::this_thread::sleep_for(300ms);
    EXPECT_FALSE(done);
    server_.set_away(false);
    session.join();
    EXPECT_TRUE(server_.has("small"));
}

TEST_F(RemoteStoreTest, WhoGivesUpWaitsNoLonger) {
    server_.set_away(true);
    const auto small = blobs_->put("small");
    std::atomic<bool> gives_up = false;
    std::thread session([&] {
        const auto use = store_->use([&] { return gives_up.load(); });
        EXPECT_EQ(error_of([&] { use->deliver({&small, 1}); }).kind(), Error::Kind::unavailable);
        const store::BlobRef other{sha256("other"), 5};
        EXPECT_EQ(error_of([&] { use->fetch({&other, 1}); }).kind(), Error::Kind::unavailable);
    });
    std::this_thread::sleep_for(100ms);
    gives_up = true;
    session.join();
}

TEST_F(RemoteStoreTest, WhatASessionNeedsStaysInAFullCache) {
    open(150'000);
    const std::string first = noise(100'000, 1);
    const std::string second = noise(100'000, 2);
    const store::BlobRef a{server_.put(first), first.size()};
    const store::BlobRef b{server_.put(second), second.size()};
    {
        const auto use = store_->use(never);
        use->fetch({&a, 1});
        use->fetch({&b, 1});
        EXPECT_TRUE(blobs_->has(a));
        EXPECT_TRUE(blobs_->has(b));
    }
    EXPECT_FALSE(blobs_->has(a));
    EXPECT_TRUE(blobs_->has(b));
}

TEST_F(RemoteStoreTest, APreviewIsDeliveredInTheBackground) {
    const auto preview = blobs_->put("picture");
    std::atomic<bool> done = false;
    store_->deliver_later(preview, [&] { done = true; });
    for (int i = 0; i < 6000 && !done; ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(done);
    EXPECT_TRUE(server_.has("picture"));
}

}  // namespace
}  // namespace atelier::worker
