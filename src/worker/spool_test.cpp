#include "worker/spool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/files.h"

namespace atelier::worker {
namespace {

namespace fs = std::filesystem;

wire::ExchangeRequest request_of(std::vector<std::uint64_t> tasks, const std::string& boot = "boot1") {
    wire::ExchangeRequest request;
    request.worker = "w";
    request.boot = boot;
    request.sequence = 7;
    for (const std::uint64_t task : tasks) {
        wire::AttemptReport report;
        report.attempt = {"job", 0, task, 1};
        report.session = "s";
        report.result.emplace().result = wire::ResultClass::succeeded;
        report.result->outputs.push_back({"Out", "a/b \n c", std::string(64, 'a'), 5, 0644, false});
        request.attempts.push_back(report);
    }
    return request;
}

class SpoolTest : public ::testing::Test {
protected:
    std::size_t files() const {
        const auto is_file = [](const auto& entry) { return entry.is_regular_file(); };
        return static_cast<std::size_t>(
            std::count_if(fs::directory_iterator(root_), fs::directory_iterator(), is_file));
    }
    fs::path only_file() const {
        for (const auto& entry : fs::directory_iterator(root_))
            if (entry.is_regular_file()) return entry.path();
        return {};
    }

    TemporaryFolder folder_;
    const fs::path root_ = folder_.path() / "results";
};

TEST_F(SpoolTest, ResultsComeBackAsTheyWere) {
    Spool(root_, "w").keep(request_of({1, 2}));
    const auto left = Spool(root_, "w").left();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].boot, "boot1");
    EXPECT_EQ(left[0].sequence, 7u);
    ASSERT_EQ(left[0].attempts.size(), 2u);
    EXPECT_EQ(left[0].attempts[0].result->outputs[0].path, "a/b \n c");
}

TEST_F(SpoolTest, WhatRunsIsNoResult) {
    wire::ExchangeRequest request = request_of({1});
    request.attempts[0].result.reset();
    Spool spool(root_, "w");
    spool.keep(request);
    EXPECT_EQ(files(), 0u);
}

TEST_F(SpoolTest, AnsweredResultsAreGone) {
    Spool spool(root_, "w");
    spool.keep(request_of({1, 2, 3}));
    spool.keep(request_of({1, 2, 3}));
    EXPECT_EQ(files(), 3u);
    spool.remove(request_of({1, 3}));
    EXPECT_EQ(files(), 1u);
    spool.remove(request_of({2}));
    EXPECT_EQ(files(), 0u);
    spool.keep(request_of({4}));
    spool.remove(request_of({4}));
    EXPECT_EQ(files(), 0u) << "also after it was empty";
}

TEST_F(SpoolTest, SeveralProcessesBefore) {
    Spool(root_, "w").keep(request_of({1}, "boot1"));
    Spool(root_, "w").keep(request_of({2}, "boot2"));
    EXPECT_EQ(Spool(root_, "w").left().size(), 2u);
}

TEST_F(SpoolTest, DamagedTornAndForeignOnesArePutAside) {
    Spool(root_, "w").keep(request_of({1}));
    const std::string whole = read_file(only_file());
    write_file_durably(only_file(), whole.substr(0, whole.size() / 2));
    write_file_durably(root_ / "empty.result", "");
    write_file_durably(root_ / "noise.result", std::string(1000, '\0'));
    write_file_durably(root_ / ".half.result.abc.tmp", whole);
    Spool(root_, "another").keep(request_of({9}));
    Spool spool(root_, "w");
    EXPECT_TRUE(spool.left().empty());
    EXPECT_EQ(files(), 0u);
    EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "aside"), fs::directory_iterator()), 5);
    EXPECT_TRUE(spool.left().empty());
}

TEST_F(SpoolTest, AJobsNameLeadsNowhere) {
    wire::ExchangeRequest request = request_of({1});
    request.attempts[0].attempt.job = "../../evil";
    Spool spool(root_, "w");
    spool.keep(request);
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(spool.left().at(0).attempts.at(0).attempt.job, "../../evil");
}

// Whatever moment it is: what is kept is whole.
TEST_F(SpoolTest, AKillAtAnyMomentLeavesWholeResults) {
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            Spool spool(root_, "w");
            for (std::uint64_t task = 0;; ++task)
                spool.keep(request_of({task + 1000u * static_cast<unsigned>(round)}));
        }
        ::usleep(static_cast<useconds_t>(2000 + 1500 * round));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    std::size_t results = 0;
    const std::size_t before = files();
    for (const Spool::Left& left : Spool(root_, "w").left())
        results += left.attempts.size();
    EXPECT_GT(results, 0u);
    EXPECT_LE(before - results, 20u) << "at most one unfinished file of each";
}

}  // namespace
}  // namespace atelier::worker
