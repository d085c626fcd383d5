#include "worker/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <set>

#include "base/files.h"
#include "worker/gpu_testing.h"
#include "worker/testing.h"

namespace atelier::worker {
namespace {

using std::chrono_literals::operator""ms;
using testing::FakeLink;
using wire::ResultClass;

std::string template_of(const std::string& script, const std::string& more = "", const std::string& of_step = "") {
    return "specificationVersion: jobtemplate-2023-09\nname: Test\n" + more +
           "steps:\n- name: Work\n  parameterSpace: {taskParameterDefinitions: [{name: N, type: INT, range: "
           "\"0-99\"}]}\n" +
           (of_step.empty() ? "" : "  " + of_step + "\n") +
           "  script: {actions: {onRun: {command: bash, args: [\"-c\", \"" + script + "\"]}}}\n";
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
            link_, blobs_,
            AgentOptions{"w", "w", 2, folder_.path() / "sessions", folder_.path() / "checkpoints", [this] {
                             const std::lock_guard lock(rest_mutex_);
                             return rest_;
                         }});
    }
    void set_rest(std::optional<Rest> rest) {
        const std::lock_guard lock(rest_mutex_);
        rest_ = std::move(rest);
    }
    const wire::Result& result(std::size_t index) { return *link_.results.at(index).result; }

    TemporaryFolder folder_;
    std::mutex rest_mutex_;
    std::optional<Rest> rest_;
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

std::string asking_for_gpus(int count) {
    return "hostRequirements: {amounts: [{name: amount.worker.gpu, min: " + std::to_string(count) + "}]}";
}

TEST_F(AgentTest, SessionsHaveTheirCardsToThemselves) {
    const testing::StandInNvidiaSmi stand_in(testing::two_cards);
    const std::string place = folder_.path().string() + "/";
    start(template_of("echo $CUDA_VISIBLE_DEVICES > " + place + "seen-{{Task.Param.N}}; until [ -e " + place +
                          "go ]; do sleep 0.02; done",
                      "", asking_for_gpus(1)));
    std::set<std::string> seen;
    for (const std::uint64_t task : {0, 1}) {
        link_.assign({task}, "s" + std::to_string(task));
        const std::string file = place + "seen-" + std::to_string(task);
        for (int i = 0; i < 6000 && !(std::filesystem::exists(file) && read_file(file).ends_with('\n')); ++i)
            std::this_thread::sleep_for(10ms);
        seen.insert(read_file(file));
    }
    EXPECT_THAT(seen, ::testing::ElementsAre(testing::first_card + std::string("\n"),
                                             testing::second_card + std::string("\n")));
    std::ofstream(place + "go").close();
    ASSERT_TRUE(link_.wait_for_results(2));
}

TEST_F(AgentTest, AStepThatAsksForNoCardSeesNone) {
    const testing::StandInNvidiaSmi stand_in(testing::two_cards);
    start(template_of("echo sees [${CUDA_VISIBLE_DEVICES-all of them}]"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_log("sees []"));
}

TEST_F(AgentTest, WithoutCardsNothingIsHidden) {
    start(template_of("echo sees [${CUDA_VISIBLE_DEVICES-all of them}]"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_log("sees [all of them]"));
}

TEST_F(AgentTest, ASessionWaitsForCardsAndIsCanceledMeanwhile) {
    const testing::StandInNvidiaSmi stand_in(testing::two_cards);
    start(template_of("echo begun; sleep 60", "", asking_for_gpus(2)));
    link_.assign({0}, "s1");
    ASSERT_TRUE(link_.wait_for_log("begun\n"));
    link_.assign({1}, "s2");
    ASSERT_TRUE(link_.wait_for_delivery());
    agent_->stop(0ms);
    ASSERT_EQ(link_.results.size(), 2u);
    for (const auto& report : link_.results)
        EXPECT_TRUE(report.result->result == ResultClass::interrupted ||
                    report.result->result == ResultClass::never_attempted);
}

TEST_F(AgentTest, CardsAreGivenBack) {
    const testing::StandInNvidiaSmi stand_in(testing::two_cards);
    start(template_of("exit 1", "", asking_for_gpus(2)));
    for (std::uint64_t i = 0; i < 3; ++i)
        link_.assign({i}, "s" + std::to_string(i));
    ASSERT_TRUE(link_.wait_for_results(3));
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(result(i).result, ResultClass::failed_app);
}

TEST_F(AgentTest, MoreCardsThanThereAreIsALackOfResources) {
    start(template_of("exit 0", "", asking_for_gpus(1)));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::failed_resource);
}

TEST_F(AgentTest, RestIsToldAndWhatRunsIsFinished) {
    rest_ = Rest{"its hours begin on mon 19:00"};
    start(template_of("exit 0"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::succeeded);
    EXPECT_TRUE(link_.wait_for_request([](const auto& request) { return request.resting.ends_with("mon 19:00"); }));
    set_rest(std::nullopt);
    EXPECT_TRUE(link_.wait_for_request([](const auto& request) { return request.resting.empty(); }));
}

TEST_F(AgentTest, WhoSitsDownHasTheMachine) {
    start(template_of("echo begun; sleep 60"));
    link_.assign({0, 1});
    ASSERT_TRUE(link_.wait_for_log("begun\n"));
    set_rest(Rest{"somebody", true});
    ASSERT_TRUE(link_.wait_for_results(2));
    EXPECT_EQ(result(0).result, ResultClass::interrupted);
    EXPECT_EQ(result(1).result, ResultClass::never_attempted);
    EXPECT_TRUE(link_.wait_for_request([](const auto& request) { return request.resting == "somebody"; }));
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

// What a worker says of its farm, in order.
struct Contacts {
    std::mutex mutex;
    std::vector<std::string> heard;

    auto hear() {
        return [this](const Error* problem) {
            const std::lock_guard lock(mutex);
            heard.emplace_back(problem ? problem->what() : "connected");
        };
    }
    bool wait_for(std::size_t count) {
        for (int i = 0; i < 6000; ++i) {
            {
                const std::lock_guard lock(mutex);
                if (heard.size() >= count) return true;
            }
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }
};

TEST_F(AgentTest, LosingAndFindingTheFarmIsToldOnceEach) {
    Contacts contacts;
    AgentOptions options{"w", "w", 2, folder_.path() / "sessions", folder_.path() / "checkpoints"};
    options.contact = contacts.hear();
    Agent agent(link_, blobs_, options);
    ASSERT_TRUE(contacts.wait_for(1));
    {
        const std::lock_guard lock(link_.mutex);
        link_.unreachable = true;
    }
    ASSERT_TRUE(contacts.wait_for(2));
    std::this_thread::sleep_for(500ms);  // several tries
    {
        const std::lock_guard lock(link_.mutex);
        link_.unreachable = false;
    }
    ASSERT_TRUE(contacts.wait_for(3));
    agent.finish();
    EXPECT_THAT(contacts.heard, ::testing::ElementsAre("connected", "the farm can't be reached", "connected"));
}

TEST_F(AgentTest, AFarmOfAnotherProtocolEndsTheWorker) {
    link_.refusal = Error(Error::Kind::conflict, "the farm speaks protocol 2, this worker 1");
    Agent agent(link_, blobs_, {"w", "w", 2, folder_.path() / "sessions", folder_.path() / "checkpoints"});
    for (int i = 0; i < 6000 && !agent.is_over(); ++i)
        std::this_thread::sleep_for(10ms);
    ASSERT_TRUE(agent.is_over());
    ASSERT_TRUE(agent.problem());
    EXPECT_STREQ(agent.problem()->what(), "the farm speaks protocol 2, this worker 1");
}

TEST_F(AgentTest, ARefusedTokenIsToldAndTriedAgain) {
    Contacts contacts;
    link_.refusal = Error(Error::Kind::denied, "the token isn't known");
    AgentOptions options{"w", "w", 2, folder_.path() / "sessions", folder_.path() / "checkpoints"};
    options.contact = contacts.hear();
    Agent agent(link_, blobs_, options);
    ASSERT_TRUE(contacts.wait_for(1));
    {
        const std::lock_guard lock(link_.mutex);
        link_.refusal.reset();
    }
    ASSERT_TRUE(contacts.wait_for(2));
    EXPECT_THAT(contacts.heard, ::testing::ElementsAre("the token isn't known", "connected"));
}

TEST_F(AgentTest, AStopWhileTheFarmIsAwayEndsSoon) {
    start(template_of("echo begun; sleep 600"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_log("begun\n"));
    {
        const std::lock_guard lock(link_.mutex);
        link_.unreachable = true;
    }
    agent_->stop(0ms);
    EXPECT_TRUE(agent_->is_over());
    EXPECT_EQ(link_.told_in_vain.back().result->result, ResultClass::interrupted) << "it was tried to tell it";
}

TEST_F(AgentTest, TagsAreTold) {
    AgentOptions options{"w", "w", 2, folder_.path() / "sessions", folder_.path() / "checkpoints"};
    options.attributes = {{"attr.worker.tag", {"fast", "big"}}};
    Agent agent(link_, blobs_, options);
    for (int i = 0; i < 6000; ++i) {
        {
            const std::lock_guard lock(link_.mutex);
            if (!link_.capabilities.attributes.empty()) break;
        }
        std::this_thread::sleep_for(10ms);
    }
    const std::lock_guard lock(link_.mutex);
    EXPECT_EQ(link_.capabilities.attributes.at("attr.worker.tag"), (std::vector<std::string>{"fast", "big"}));
    EXPECT_TRUE(link_.capabilities.attributes.contains("attr.worker.os.family"));
}

// A store that is elsewhere: what is delivered is known, and the way there may be blocked.
struct FarStore final : Transfer {
    struct ItsUse final : Use {
        ItsUse(FarStore& to, std::function<bool()> ends) : store(to), gives_up(std::move(ends)) {}
        void fetch(std::span<const store::BlobRef>) override {}
        void fetch_manifest(const Digest&) override {}
        void hold(std::span<const store::BlobRef>) override {}
        void deliver(std::span<const store::BlobRef> blobs, const std::function<void()>& waits) override {
            if (store.blocked && waits) waits();
            while (store.blocked) {
                store.waits = true;
                if (gives_up()) throw Error(Error::Kind::unavailable, "given up");
                std::this_thread::sleep_for(5ms);
            }
            const std::lock_guard lock(store.mutex);
            for (const store::BlobRef& blob : blobs)
                store.delivered.insert(blob);
        }
        FarStore& store;
        std::function<bool()> gives_up;
    };
    std::unique_ptr<Use> use(std::function<bool()> gives_up) override {
        return std::make_unique<ItsUse>(*this, std::move(gives_up));
    }
    void deliver_later(const store::BlobRef& blob, std::function<void()> done) override {
        {
            const std::lock_guard lock(mutex);
            delivered.insert(blob);
        }
        done();
    }
    bool is_remote() const override { return true; }
    bool wait_until_it_waits() const {
        for (int i = 0; i < 6000 && !waits; ++i)
            std::this_thread::sleep_for(10ms);
        return waits;
    }

    std::mutex mutex;
    std::set<store::BlobRef> delivered;
    std::atomic<bool> blocked = false;
    std::atomic<bool> waits = false;
};

class RemoteAgentTest : public AgentTest {
protected:
    void start_remote(const std::string& text, const std::map<std::string, std::string>& values = {}) {
        link_.the_order = testing::order_of(text, values);
        AgentOptions options{"w", "w", 2, folder_.path() / "sessions", folder_.path() / "checkpoints"};
        options.transfer = far_;
        agent_ = std::make_unique<Agent>(link_, blobs_, options);
    }
    std::string out() const { return (folder_.path() / "out").string(); }

    std::shared_ptr<FarStore> far_ = std::make_shared<FarStore>();
};

TEST_F(RemoteAgentTest, OutputsAndCheckpointsAreDeliveredBeforeTheResult) {
    start_remote(
        template_of("echo {{Task.Param.N}} > {{Param.Out}}/f{{Task.Param.N}}; echo 5 > $ATELIER_CHECKPOINT_DIR/n; "
                    "exit {{Task.Param.N}}",
                    with_output),
        {{"Out", out()}});
    link_.assign({0}, "s1");
    link_.assign({1}, "s2");
    ASSERT_TRUE(link_.wait_for_results(2));
    const std::lock_guard lock(far_->mutex);
    EXPECT_TRUE(far_->delivered.contains({sha256("0\n"), 2}));
    for (const auto& report : link_.results)
        if (report.result->checkpoint) {
            const Digest manifest = Digest::from_hex(*report.result->checkpoint);
            EXPECT_TRUE(std::any_of(far_->delivered.begin(), far_->delivered.end(),
                                    [&](const auto& blob) { return blob.digest == manifest; }));
            EXPECT_TRUE(far_->delivered.contains({sha256("5\n"), 2}));
        }
}

TEST_F(RemoteAgentTest, ALongWayOfOutputsCostsNoLeaseAndACancelBreaksIt) {
    far_->blocked = true;
    start_remote(template_of("echo 1 > {{Param.Out}}/f", with_output), {{"Out", out()}});
    link_.assign({0});
    ASSERT_TRUE(far_->wait_until_it_waits());
    wire::ExchangeReply cancel;
    cancel.cancel = {{{"job", 0, 0, 1}, 0, true}};
    link_.reply(cancel);
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::canceled);
    EXPECT_TRUE(result(0).outputs.empty());
    far_->blocked = false;
    link_.results.clear();
    link_.assign({0}, "s2");
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).outputs.size(), 1u) << "what couldn't be delivered is found again";
}

TEST_F(RemoteAgentTest, AResultWhoseOutputsWaitIsKeptForAWorkerThatIsKilled) {
    far_->blocked = true;
    start_remote(template_of("echo a line; echo 1 > {{Param.Out}}/f", with_output), {{"Out", out()}});
    link_.assign({0});
    ASSERT_TRUE(far_->wait_until_it_waits());
    {
        const std::lock_guard lock(link_.mutex);
        ASSERT_EQ(link_.kept.size(), 1u);
        const wire::AttemptReport& kept = link_.kept[0];
        EXPECT_EQ(kept.attempt, (wire::AttemptId{"job", 0, 0, 1}));
        ASSERT_TRUE(kept.result);
        EXPECT_EQ(kept.result->result, ResultClass::succeeded);
        EXPECT_EQ(kept.result->exit_code, 0);
        EXPECT_GT(kept.result->started_at.at, 0);
        EXPECT_GE(kept.result->ended_at.at, kept.result->started_at.at);
        EXPECT_GT(kept.result->log.end, kept.result->log.begin);
        ASSERT_EQ(kept.result->outputs.size(), 1u);
        EXPECT_EQ(kept.result->outputs[0].digest, sha256("1\n").hex());
        EXPECT_TRUE(link_.results.empty()) << "the farm hears of it when it has the outputs";
    }
    far_->blocked = false;
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).outputs.size(), 1u);
}

TEST_F(RemoteAgentTest, AFarmThatDropsTheTaskEndsTheWaiting) {
    far_->blocked = true;
    start_remote(template_of("echo 1 > {{Param.Out}}/f", with_output), {{"Out", out()}});
    link_.assign({0});
    ASSERT_TRUE(far_->wait_until_it_waits());
    wire::ExchangeReply drop;
    drop.drop = {{"job", 0, 0, 1}};
    link_.reply(drop);
    agent_->finish();
    EXPECT_TRUE(link_.results.empty());
    EXPECT_TRUE(link_.kept.empty()) << "nobody would ever take it";
}

TEST_F(RemoteAgentTest, AMissingInputIsExplained) {
    start_remote(template_of("cat {{Param.In}}",
                             "parameterDefinitions:\n- {name: In, type: PATH, objectType: FILE, dataFlow: IN}\n"),
                 {{"In", "/nowhere/scene.blend"}});
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    EXPECT_EQ(result(0).result, ResultClass::failed_app);
    EXPECT_THAT(result(0).reason, ::testing::HasSubstr("/nowhere/scene.blend"));
    EXPECT_THAT(result(0).reason, ::testing::HasSubstr("--isolate"));
}

TEST_F(RemoteAgentTest, APreviewIsToldWhenTheFarmHasIt) {
    start_remote(template_of("echo picture > p.png; echo atelier_preview: p.png; sleep 0.3"));
    link_.assign({0});
    ASSERT_TRUE(link_.wait_for_results(1));
    ASSERT_TRUE(link_.results[0].preview);
    EXPECT_EQ(link_.results[0].preview->digest, sha256("picture\n").hex());
    EXPECT_TRUE(far_->delivered.contains({sha256("picture\n"), 8}));
}

}  // namespace
}  // namespace atelier::worker
