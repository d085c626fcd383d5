#include "worker/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "worker/testing.h"

namespace atelier::worker {
namespace {

using std::chrono_literals::operator""ms;
using testing::FakeLink;
using wire::ResultClass;

std::string template_of(const std::string& script, const std::string& more = "") {
    return "specificationVersion: jobtemplate-2023-09\nname: Test\n" + more +
           "steps:\n- name: Work\n  parameterSpace: {taskParameterDefinitions: [{name: N, type: INT, range: "
           "\"0-99\"}]}\n"
           "  script: {actions: {onRun: {command: bash, args: [\"-c\", \"" +
           script + "\"]}}}\n";
}

constexpr const char* with_output =
    "parameterDefinitions:\n- {name: Out, type: PATH, objectType: DIRECTORY, dataFlow: OUT}\n";

class AgentTest : public ::testing::Test {
protected:
    AgentTest() {
        std::filesystem::create_directory(folder_.path() / "sessions");
        blobs_ = std::make_shared<store::Blobs>(
            std::shared_ptr<store::Store>(store::open_folder_store(folder_.path() / "store")));
    }
    void start(const std::string& text, const std::map<std::string, std::string>& values = {},
               wire::Sessioning sessioning = {}) {
        link_.the_order = testing::order_of(text, values, sessioning);
        agent_ = std::make_unique<Agent>(
            link_, blobs_, AgentOptions{"w", "w", 2, folder_.path() / "sessions", folder_.path() / "checkpoints"});
    }
    const wire::Result& result(std::size_t index) { return *link_.results.at(index).result; }

    TemporaryFolder folder_;
    std::shared_ptr<store::Blobs> blobs_;
    FakeLink link_;
    std::unique_ptr<Agent> agent_;
};

TEST_F(AgentTest, RunsWhatItIsGivenInOneSession) {
    start(template_of("echo task {{Task.Param.N}} in $PWD"));
    link_.assign({3, 4, 5});
    ASSERT_TRUE(link_.wait_for_results(3));
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(result(i).result, ResultClass::succeeded) << result(i).reason;
        EXPECT_EQ(result(i).exit_code, 0);
        EXPECT_EQ(link_.results[i].attempt.task, 3 + i) << "in the order that they came";
        EXPECT_GT(result(i).log.end, result(i).log.begin);
    }
    EXPECT_NE(link_.log.find("task 4 in"), std::string::npos);
    wire::ExchangeReply end;
    end.end_sessions = {"s1"};
    link_.reply(end);
    agent_->finish();
    EXPECT_TRUE(link_.log_ended);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "sessions"));
}

TEST_F(AgentTest, AFailureEndsItsSession) {
    start(template_of("exit 7"));
    link_.assign({0, 1, 2});
    ASSERT_TRUE(link_.wait_for_results(3));
    EXPECT_EQ(result(0).result, ResultClass::failed_app);
    EXPECT_EQ(result(0).exit_code, 7);
    EXPECT_FALSE(result(0).reason.empty());
    EXPECT_EQ(result(1).result, ResultClass::never_attempted);
    EXPECT_EQ(result(2).result, ResultClass::never_attempted);
}

TEST_F(AgentTest, TheLogTellsWhyATaskFailed) {
    start(template_of("echo 'cp: No space left on device' >&2; exit 1"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::failed_resource);
    EXPECT_EQ(result(0).exit_code, 1);
    EXPECT_NE(result(0).reason.find("No space left"), std::string::npos) << result(0).reason;
}

TEST_F(AgentTest, TheLogTellsNothingOfWhatSucceededOrIsLongPast) {
    start(template_of("echo No space left on device; [ {{Task.Param.N}} = 0 ] || { seq 60; exit 1; }"));
    link_.assign({0, 1});
    ASSERT_TRUE(link_.wait_for_results(2));
    EXPECT_EQ(result(0).result, ResultClass::succeeded);
    EXPECT_EQ(result(1).result, ResultClass::failed_app);
}

TEST_F(AgentTest, TheTextOfACommandTellsNothing) {
    start(template_of("exit 1; echo No space left on device"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::failed_app);
    EXPECT_NE(link_.log.find("No space left"), std::string::npos);
}

TEST_F(AgentTest, RulesOfTheJobTellFirst) {
    start(template_of("echo seat 7 is taken; exit 3"));
    auto order = std::make_shared<wire::JobOrder>(*link_.the_order);
    order->log_rules = {{"^seat \\d+ is taken", ResultClass::failed_licence}};
    link_.the_order = order;
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::failed_licence);
}

TEST_F(AgentTest, OutputsComeWithTheResult) {
    const std::string out = (folder_.path() / "out").string();
    for (const bool isolate : {false, true}) {
        SCOPED_TRACE(isolate ? "isolated" : "in place");
        start(template_of("echo {{Task.Param.N}} > {{Param.Out}}/f{{Task.Param.N}}", with_output), {{"Out", out}},
              {isolate, false, false});
        link_.results.clear();
        link_.assign({7}, isolate ? "s2" : "s1");
        ASSERT_TRUE(link_.wait_for_results(1));
        ASSERT_EQ(result(0).outputs.size(), 1u) << result(0).reason;
        EXPECT_EQ(result(0).outputs[0].path, "f7");
        EXPECT_EQ(result(0).outputs[0].digest, sha256("7\n").hex());
        EXPECT_TRUE(blobs_->has({sha256("7\n"), 2}));
        EXPECT_EQ(std::filesystem::exists(out + "/f7"), !isolate);
        agent_.reset();
        std::filesystem::remove_all(out);
    }
}

TEST_F(AgentTest, AnIsolatedTaskSeesWhatTheStepsBeforeLeft) {
    const store::BlobRef blob = blobs_->put("from before\n");
    link_.before = {{"Out", "sub/old", blob.digest.hex(), blob.size, 0644, false}};
    start(template_of("cat {{Param.Out}}/sub/old", with_output), {{"Out", "/nowhere/out"}}, {true, false, false});
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::succeeded) << link_.log;
    EXPECT_TRUE(result(0).outputs.empty()) << "what was there already is not its output";
    EXPECT_NE(link_.log.find("from before"), std::string::npos);
}

TEST_F(AgentTest, ACancelByAPersonIsACancel) {
    start(template_of("echo begun; sleep 60"));
    link_.assign({0, 1});
    ASSERT_TRUE(link_.wait_for_log("begun\n"));
    wire::ExchangeReply cancel;
    cancel.cancel = {{{"job", 0, 0, 1}, 1000, true}, {{"job", 0, 1, 1}, 1000, true}};
    link_.reply(cancel);
    ASSERT_TRUE(link_.wait_for_results(2));
    for (const auto& report : link_.results)
        EXPECT_EQ(report.result->result, ResultClass::canceled);
}

TEST_F(AgentTest, WhatIsDroppedIsKilledAndNotTold) {
    start(template_of("echo begun; sleep 60"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_log("begun\n"));
    wire::ExchangeReply drop;
    drop.drop = {{"job", 0, 0, 1}};
    link_.reply(drop);
    link_.assign({1}, "s2");
    ASSERT_TRUE(link_.wait_for_log("begun\n"));
    agent_->stop(0ms);
    for (const auto& report : link_.results)
        EXPECT_NE(report.attempt.task, 0u);
}

TEST_F(AgentTest, StoppingInterruptsAndTells) {
    start(template_of("echo begun; sleep 60"));
    link_.assign({0, 1});
    ASSERT_TRUE(link_.wait_for_log("begun\n"));
    agent_->stop(100ms);
    ASSERT_EQ(link_.results.size(), 2u);
    EXPECT_EQ(result(0).result, ResultClass::interrupted);
    EXPECT_EQ(result(1).result, ResultClass::never_attempted);
}

TEST_F(AgentTest, ResultsAreKeptWhileTheFarmIsAway) {
    start(template_of("sleep 0.3; echo 'done' {{Task.Param.N}}"));
    link_.assign({2});
    ASSERT_TRUE(link_.wait_for_delivery());
    {
        const std::lock_guard lock(link_.mutex);
        link_.unreachable = true;
    }
    ASSERT_TRUE(link_.wait_for_log("done 2"));
    std::this_thread::sleep_for(200ms);
    {
        const std::lock_guard lock(link_.mutex);
        link_.unreachable = false;
    }
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(link_.results.back().attempt.task, 2u);
}

TEST_F(AgentTest, ACheckpointGoesToTheNextAttempt) {
    start(template_of(
        "cat $ATELIER_CHECKPOINT_DIR/n; echo resume=$ATELIER_RESUME; echo 5 > $ATELIER_CHECKPOINT_DIR/n; exit 1"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    ASSERT_TRUE(result(0).checkpoint);
    std::filesystem::remove_all(folder_.path() / "checkpoints");  // as on another machine
    wire::ExchangeReply again;
    again.assign = {{{"job", 0, 0, 2}, "s2", true, result(0).checkpoint}};
    link_.reply(again);
    ASSERT_TRUE(link_.wait_for_results(2));
    EXPECT_NE(link_.log.find("resume=1"), std::string::npos) << link_.log;
    EXPECT_NE(link_.log.find("\n5\n"), std::string::npos) << link_.log;
}

TEST_F(AgentTest, ATaskInTheSandboxShowsOnlyWhatItCanReach) {
    write_file_durably(folder_.path() / "secret", "secret\n");
    start(template_of("echo own > p.png; echo atelier_preview: p.png; sleep 0.3; echo atelier_preview: " +
                      (folder_.path() / "secret").string() + "; ln -s " + (folder_.path() / "secret").string() +
                      " link; echo atelier_preview: link; sleep 0.3"),
          {}, {false, true, false});
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::succeeded) << result(0).reason;
    EXPECT_TRUE(blobs_->has({sha256("own\n"), 4}));
    EXPECT_FALSE(blobs_->has({sha256("secret\n"), 7}));
}

TEST_F(AgentTest, MetricsAndPreviewsAreTold) {
    start(template_of("echo atelier_metric: loss=0.5; echo picture > p.png; echo atelier_preview: p.png; sleep 0.3"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_TRUE(blobs_->has({sha256("picture\n"), 8}));
}

}  // namespace
}  // namespace atelier::worker
