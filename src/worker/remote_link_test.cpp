#include "worker/remote_link.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/hash.h"
#include "base/testing.h"
#include "worker/remote_store.h"
#include "worker/testing_server.h"

namespace atelier::worker {
namespace {

using std::chrono_literals::operator""ms;
using testing::TestServer;
using testing_support::error_of;

wire::ExchangeRequest request_of(const std::string& boot, std::uint64_t sequence, std::vector<std::uint64_t> tasks) {
    wire::ExchangeRequest request;
    request.worker = "w";
    request.name = "w";
    request.boot = boot;
    request.sequence = sequence;
    for (const std::uint64_t task : tasks) {
        wire::AttemptReport report;
        report.attempt = {"job", 0, task, 1};
        report.session = "s";
        report.result.emplace().result = wire::ResultClass::succeeded;
        request.attempts.push_back(report);
    }
    return request;
}

class RemoteLinkTest : public ::testing::Test {
protected:
    std::unique_ptr<RemoteLink> open(const std::string& token = "good") {
        return std::make_unique<RemoteLink>(server_.client(token), "w", folder_.path());
    }
    std::unique_ptr<RemoteLink> open_with(const std::shared_ptr<Cache>& cache) {
        const auto client = server_.client();
        return std::make_unique<RemoteLink>(client, "w", folder_.path(), std::make_shared<RemoteStore>(client, cache));
    }
    bool spool_is_empty() const { return std::filesystem::is_empty(folder_.path() / "results"); }

    TemporaryFolder folder_;
    TemporaryFolder elsewhere_;
    TestServer server_;
};

wire::AttemptReport with_output(const std::string& content) {
    wire::AttemptReport report = request_of("", 1, {7}).attempts[0];
    report.result->outputs.push_back({"Out", "f", sha256(content).hex(), content.size(), 0644, false});
    return report;
}

TEST_F(RemoteLinkTest, AnExchangeIsTakenAndAnswered) {
    server_.reply.assign.push_back({{"job", 0, 3, 1}, "s", false, {}});
    const auto link = open();
    const auto reply = link->exchange(request_of("b", 1, {1, 2}), 50ms);
    EXPECT_EQ(reply.sequence, 1u);
    ASSERT_EQ(reply.assign.size(), 1u);
    ASSERT_EQ(server_.exchanges.size(), 1u);
    EXPECT_EQ(server_.exchanges[0].attempts.size(), 2u);
    EXPECT_TRUE(spool_is_empty()) << "the normal way costs no file";
}

TEST_F(RemoteLinkTest, ALogArrivesBeforeItsResult) {
    const auto link = open();
    link->write_log("job", "s", 0, "one line\n");
    link->exchange(request_of("b", 1, {1}), 0ms);
    EXPECT_EQ(server_.logs["s"], "one line\n");
}

TEST_F(RemoteLinkTest, RefusalsHaveTheirKinds) {
    const auto stranger = open("wrong");
    EXPECT_EQ(error_of([&] { stranger->exchange(request_of("b", 1, {}), 0ms); }).kind(), Error::Kind::denied);
    server_.refuses_worker = true;
    EXPECT_EQ(error_of([&] { open()->exchange(request_of("b", 1, {}), 0ms); }).kind(), Error::Kind::conflict);
    server_.set_away(true);
    EXPECT_EQ(error_of([&] { open()->exchange(request_of("b", 1, {}), 0ms); }).kind(), Error::Kind::unavailable);
}

TEST_F(RemoteLinkTest, ResultsAreKeptOnTheDiskUntilTheyAreTaken) {
    const auto link = open();
    link->exchange(request_of("b", 1, {}), 0ms);
    server_.set_away(true);
    EXPECT_THROW(link->exchange(request_of("b", 2, {1, 2}), 0ms), Error);
    EXPECT_FALSE(spool_is_empty());
    server_.set_away(false);
    link->exchange(request_of("b", 3, {1, 2}), 0ms);
    EXPECT_TRUE(spool_is_empty());
}

// The process dies with results that the farm has not heard of: the next one tells them in its name.
TEST_F(RemoteLinkTest, AKilledWorkersResultsAreDeliveredByTheNextOne) {
    server_.set_away(true);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        // No server and no client survive a fork: nothing listens at this address.
        const auto away = std::make_shared<http::Client>(
            http::ClientOptions{"http://127.0.0.1:1", "good", {}, std::chrono::milliseconds(1000)});
        RemoteLink link(away, "w", folder_.path());
        link.write_log("job", "s", 0, "its log\n");
        try {
            link.exchange(request_of("old", 41, {5, 6}), 0ms);
        } catch (const Error&) {
            ::kill(::getpid(), SIGKILL);
        }
        ::_exit(1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_FALSE(spool_is_empty());

    server_.set_away(false);
    const auto link = open();
    link->exchange(request_of("new", 1, {}), 0ms);
    ASSERT_EQ(server_.exchanges.size(), 2u);
    EXPECT_EQ(server_.exchanges[0].boot, "old");
    EXPECT_GT(server_.exchanges[0].sequence, 41u);
    EXPECT_TRUE(server_.exchanges[0].draining) << "it gets nothing more";
    EXPECT_EQ(server_.exchanges[0].attempts.size(), 2u);
    EXPECT_EQ(server_.exchanges[1].boot, "new");
    EXPECT_EQ(server_.logs["s"], "its log\n");
    EXPECT_TRUE(spool_is_empty());
    link->exchange(request_of("new", 2, {}), 0ms);
    EXPECT_EQ(server_.exchanges.size(), 3u) << "told once";
}

// Its outputs are in the cache alone, which is too small for them, and the server is away at first.
TEST_F(RemoteLinkTest, TheOutputsOfWhatIsLeftAreBroughtFirst) {
    const std::string content(1000, 'x');
    const auto cache = std::make_shared<Cache>(elsewhere_.path(), 100);
    server_.set_away(true);
    {
        const Cache::Use use(*cache);
        store::Blobs(cache).put(content);
        const auto link = open_with(cache);
        EXPECT_THROW(link->exchange(request_of("old", 3, {}), 0ms), Error);
        link->keep(with_output(content));
        EXPECT_FALSE(spool_is_empty());

        const auto next = open_with(cache);
        EXPECT_THROW(next->exchange(request_of("new", 1, {}), 0ms), Error);
        server_.set_away(false);
        next->exchange(request_of("new", 2, {}), 0ms);
    }
    EXPECT_TRUE(server_.has(content));
    ASSERT_GE(server_.exchanges.size(), 2u);
    EXPECT_EQ(server_.exchanges[0].boot, "old");
    ASSERT_EQ(server_.exchanges[0].attempts.size(), 1u);
    EXPECT_EQ(server_.exchanges[0].attempts[0].result->outputs.size(), 1u);
    EXPECT_TRUE(spool_is_empty());
}

TEST_F(RemoteLinkTest, AResultWhoseOutputsAreGoneIsPutAside) {
    Spool(folder_.path() / "results", "w").keep(with_output("gone"), "old", 3);
    const auto link = open_with(std::make_shared<Cache>(elsewhere_.path(), 0));
    link->exchange(request_of("new", 1, {}), 0ms);
    ASSERT_EQ(server_.exchanges.size(), 2u);
    EXPECT_TRUE(server_.exchanges[0].attempts.empty()) << "the task is done again";
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "results/aside"));
}

TEST_F(RemoteLinkTest, WhatIsForgottenIsKeptNoLonger) {
    const auto link = open();
    link->exchange(request_of("b", 1, {}), 0ms);
    link->keep(with_output("late"));
    EXPECT_FALSE(spool_is_empty());
    link->forget({{"job", 0, 8, 1}});
    EXPECT_FALSE(spool_is_empty()) << "another's";
    link->forget({{"job", 0, 7, 1}});
    EXPECT_TRUE(spool_is_empty());
}

TEST_F(RemoteLinkTest, WhatIsLeftWaitsForTheServerToo) {
    Spool(folder_.path() / "results", "w").keep(request_of("old", 3, {1}));
    server_.set_away(true);
    const auto link = open();
    EXPECT_THROW(link->exchange(request_of("new", 1, {}), 0ms), Error);
    server_.set_away(false);
    link->exchange(request_of("new", 2, {}), 0ms);
    EXPECT_EQ(server_.exchanges.size(), 2u);
    EXPECT_TRUE(spool_is_empty());
}

}  // namespace
}  // namespace atelier::worker
