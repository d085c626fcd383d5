#include "session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "session/testing.h"

namespace atelier::session {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Session, RunsATask) {
    TestSession test(shell_step("echo \"in $(pwd)\"; stat -c %a .; exit 0"));
    const ActionResult result = test.run_step();
    EXPECT_EQ(result.outcome, Outcome::succeeded) << result.reason;
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.reason, "");
    EXPECT_TRUE(test.said("in " + test.session->folder().string()));
    EXPECT_TRUE(test.said("700"));
    EXPECT_THAT(test.heard.all(), HasSubstr("exited with code: 0"));
    const fs::path folder = test.session->folder();
    test.session.reset();
    EXPECT_FALSE(fs::exists(folder));
}

TEST(Session, SaysWhyATaskFailed) {
    TestSession plain(shell_step("exit 7"));
    const ActionResult result = plain.run_step();
    EXPECT_EQ(result.outcome, Outcome::failed);
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(result.reason, "it exited with code 7");
    EXPECT_TRUE(plain.session->ended());
    EXPECT_EQ(plain.run_step().outcome, Outcome::failed);  // nothing more may run
    EXPECT_THAT(plain.heard.all(), HasSubstr("exited with code: 7"));

    TestSession told(shell_step("echo 'openjd_fail: no licence'; exit 1"));
    EXPECT_EQ(told.run_step().reason, "no licence");
    TestSession killed(shell_step("kill -SEGV $$"));
    EXPECT_THAT(killed.run_step().reason, HasSubstr("signal 11"));
    TestSession missing("steps:\n- name: S\n  script:\n    actions:\n      onRun:\n        command: no-such-program\n");
    const ActionResult not_started = missing.run_step();
    EXPECT_EQ(not_started.outcome, Outcome::failed);
    EXPECT_EQ(not_started.exit_code, std::nullopt);
    EXPECT_THAT(not_started.reason, HasSubstr("no-such-program"));
}

TEST(Session, FollowsWhatATaskSays) {
    TestSession test(shell_step(
        "echo 'openjd_progress: 10'\necho 'openjd_progress: junk'\necho 'openjd_progress: 55.5' >&2\n"
        "echo 'openjd_status: half done'\necho 'atelier_metric: psnr=30.5'\n"
        "echo 'atelier_preview: out/1.png'\necho 'atelier_preview: ../../x'\necho 'atelier_preview: /abs/2.png'\n"
        "echo 'openjd_session_runtime_loglevel: ERROR'\nprintf 'broken \\377 bytes\\n'"));
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_THAT(test.heard.numbers, ElementsAre(10, 55.5));
    EXPECT_THAT(test.heard.texts, ElementsAre("half done", "psnr=30.500000",
                                              test.session->folder().string() + "/out/1.png", "/abs/2.png"));
    EXPECT_TRUE(test.said("openjd_progress: junk"));
    EXPECT_TRUE(test.said("broken \\xff bytes"));
}

TEST(Session, WritesItsFilesBeforeEveryAction) {
    TestSession test(R"(
steps:
- name: Step
  script:
    embeddedFiles:
    - {name: Data, type: TEXT, filename: data.txt, data: "{{Task.File.Script}}|{{Session.WorkingDirectory}}"}
    - {name: Script, type: TEXT, runnable: true, data: "#!/bin/sh\ncat '{{Task.File.Data}}'; echo; stat -c %a '{{Task.File.Data}}' \"$0\"; echo spoiled > '{{Task.File.Data}}'"}
    actions: {onRun: {command: "{{Task.File.Script}}"}}
)");
    const auto both = [&] {
        EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
        const std::string folder = test.session->folder().string();
        EXPECT_TRUE(test.said(folder + "/files-step1/Script|" + folder)) << test.heard.all();
        EXPECT_TRUE(test.said("600"));
        EXPECT_TRUE(test.said("700"));
        EXPECT_FALSE(test.said("spoiled"));
        test.heard.lines.clear();
    };
    both();
    both();
}

TEST(Session, WritesTheLineEndsThatAreAskedFor) {
    TestSession test(R"(
extensions: [FEATURE_BUNDLE_1]
steps:
- name: Step
  script:
    embeddedFiles:
    - {name: A, type: TEXT, endOfLine: CRLF, data: "1\n2\r\n3\n"}
    - {name: B, type: TEXT, endOfLine: LF, data: "1\n2\r\n3\n"}
    - {name: C, type: TEXT, data: "1\n2\n"}
    actions: {onRun: {command: sh, args: [-c, "od -An -c {{Task.File.A}} {{Task.File.B}} {{Task.File.C}} | tr -d ' \\n'; echo"]}}
)");
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_TRUE(test.said("1\\r\\n2\\r\\n3\\r\\n1\\n2\\n3\\n1\\n2\\n")) << test.heard.all();
}

TEST(Session, MapsPaths) {
    TestSession test(R"(
parameterDefinitions:
- {name: In, type: PATH, default: in}
- {name: Text, type: STRING, default: /templates/in}
steps:
- name: Step
  parameterSpace: {taskParameterDefinitions: [{name: File, type: PATH, range: [/templates/in/a]}]}
  script:
    actions: {onRun: {command: sh, args: [-c, "echo '{{Param.In}} {{RawParam.In}} {{Param.Text}} {{Task.Param.File}} {{Task.RawParam.File}} {{Session.HasPathMappingRules}}'; cat '{{Session.PathMappingRulesFile}}'; echo"]}}
)",
                     [](Options& options) {
                         options.path_mapping = job::PathMapping({{job::PathFormat::posix, "/templates", "/mapped"}});
                     });
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_TRUE(test.said("/mapped/in /templates/in /templates/in /mapped/in/a /templates/in/a true"))
        << test.heard.all();
    EXPECT_TRUE(test.said(test.options.path_mapping.to_json()));
}

constexpr const char* two_environments = R"(
jobEnvironments:
- name: Outer
  variables: {V: outer, W: outer}
  script:
    actions:
      onEnter: {command: sh, args: [-c, "echo enter outer; echo 'openjd_env: FROM=outer'; echo 'openjd_unset_env: BASE'"]}
      onExit: {command: sh, args: [-c, 'echo "exit outer $FROM ${BASE-none} $V"']}
steps:
- name: One
  stepEnvironments:
  - name: Inner
    variables: {V: inner}
    script:
      actions:
        onEnter: {command: sh, args: [-c, 'echo enter inner; echo "openjd_env: FROM=$FROM+inner"; echo "openjd_unset_env: W"']}
        onExit: {command: sh, args: [-c, 'echo "exit inner $FROM"; exit 3']}
  script: {actions: {onRun: {command: sh, args: [-c, 'echo "run $V ${W-none} $FROM ${BASE-none}"']}}}
- name: Two
  script: {actions: {onRun: {command: sh, args: [-c, 'echo "run $V $W $FROM"']}}}
)";

// The lines that the actions themselves printed.
std::vector<std::string> printed(const Recorder& heard) {
    std::vector<std::string> lines;
    for (const std::string& line : heard.lines)
        if (line.starts_with("enter ") || line.starts_with("exit ") || line.starts_with("run ")) lines.push_back(line);
    return lines;
}

TEST(Session, EntersAndLeavesEnvironmentsInOrder) {
    TestSession test(two_environments);
    EXPECT_EQ(test.run_step(1).outcome, Outcome::succeeded);
    EXPECT_EQ(test.run_step(0).outcome, Outcome::succeeded);
    EXPECT_EQ(test.run_step(0).outcome, Outcome::succeeded);  // entered once
    const ActionResult left = test.session->leave();
    EXPECT_EQ(left.outcome, Outcome::failed);  // the first failure; the outer one was left all the same
    EXPECT_EQ(left.exit_code, 3);
    EXPECT_THAT(printed(test.heard), ElementsAre("enter outer", "run outer outer outer", "enter inner",
                                                 "run inner none outer+inner none", "run inner none outer+inner none",
                                                 "exit inner outer+inner", "exit outer outer none outer"));
    EXPECT_EQ(test.session->leave().outcome, Outcome::succeeded);  // twice is nothing
}

TEST(Session, LeavesWhatItTriedToEnterAlsoAfterAFailure) {
    TestSession test(R"(
jobEnvironments:
- name: Outer
  script: {actions: {onEnter: {command: echo, args: [enter outer]}, onExit: {command: echo, args: [exit outer]}}}
- name: Broken
  script: {actions: {onEnter: {command: sh, args: [-c, "echo enter broken; exit 4"]}, onExit: {command: echo, args: [exit broken]}}}
- name: Never
  script: {actions: {onEnter: {command: echo, args: [enter never]}, onExit: {command: echo, args: [exit never]}}}
steps: [{name: S, script: {actions: {onRun: {command: echo, args: [run never]}}}}]
)");
    const ActionResult result = test.run_step();
    EXPECT_EQ(result.outcome, Outcome::failed);
    EXPECT_EQ(result.exit_code, 4);
    test.session.reset();  // leaves by itself
    EXPECT_THAT(printed(test.heard), ElementsAre("enter outer", "enter broken", "exit broken", "exit outer"));
}

TEST(Session, KeepsTheBackgroundOfAnEnvironment) {
    TestSession test(R"(
jobEnvironments:
- name: Daemon
  script:
    actions:
      onEnter: {command: sh, args: [-c, "(while :; do echo alive > beat; sleep 0.02; done) & true"]}
steps:
- name: S
  script: {actions: {onRun: {command: sh, args: [-c, "rm -f beat; for i in $(seq 200); do [ -s beat ] && exit 0; sleep 0.05; done; exit 1"]}}}
)");
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_EQ(test.session->leave().outcome, Outcome::succeeded);
}

TEST(Session, FailsAnActionThatSetsVariablesTheWrongWay) {
    TestSession test(shell_step("echo 'openjd_env: no assignment'; sleep 1000"));
    const ActionResult result = test.run_step();
    EXPECT_EQ(result.outcome, Outcome::failed);
    EXPECT_THAT(result.reason, HasSubstr("NAME=VALUE"));
}

TEST(Session, GivesTasksVariablesToTheActionsAfterThem) {
    TestSession test(shell_step("echo \"run ${X-none}\"; echo 'openjd_env: X=set'"));
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_THAT(printed(test.heard), ElementsAre("run none", "run set"));
}

TEST(Session, TellsATaskOfItsCheckpoint) {
    TestSession test(shell_step(
        "echo \"${ATELIER_CHECKPOINT_DIR-none} ${ATELIER_RESUME-none}\"; touch \"$ATELIER_CHECKPOINT_DIR/x\""));
    const fs::path checkpoint = test.folder.path() / "deep" / "checkpoint";
    EXPECT_EQ(test.run_step(0, {.checkpoint_folder = checkpoint}).outcome, Outcome::succeeded);
    EXPECT_TRUE(test.said(checkpoint.string() + " none"));
    EXPECT_EQ(test.run_step(0, {.checkpoint_folder = checkpoint, .resume = true}).outcome, Outcome::succeeded);
    EXPECT_TRUE(test.said(checkpoint.string() + " 1"));
    EXPECT_TRUE(fs::exists(checkpoint / "x"));
}

// ---- secrets ---------------------------------------------------------------------------------------------

TEST(Session, HidesSecretsWhereverALineCanGo) {
    const std::string body = R"(
steps:
- name: S
  script:
    embeddedFiles:
    - name: Run
      type: TEXT
      data: |
        echo "before: $TOKEN"
        echo 'openjd_redacted_env: TOKEN=hunter2 is it'
        printf '%s\n' 'openjd_redacted_env: "KEY=BEGIN-KEY\nmiddle-line\nEND-KEY"'
        echo 'openjd_status: hunter2 is it'
        echo 'atelier_preview: /x/hunter2 is it.png'
        echo 'atelier_metric: middle-line=1'
        echo 'openjd_fail: because hunter2 is it and END-KEY'
        printf 'BEGIN-KEY\nmiddle-line\nEND-KEY\n'
        head -c 65530 /dev/zero | tr '\0' x; echo 'hunter2 is it'
        exit 1
    actions: {onRun: {command: sh, args: ["{{Task.File.Run}}"]}}
)";
    for (const std::string extensions : {"", "extensions: [REDACTED_ENV_VARS]\n"}) {
        TestSession test(extensions + body);
        const ActionResult result = test.run_step();
        EXPECT_EQ(result.outcome, Outcome::failed);
        const std::string all = test.heard.all() + result.reason;
        for (const char* secret : {"hunter2", "BEGIN-KEY", "middle-line", "END-KEY"})
            EXPECT_THAT(all, Not(HasSubstr(secret)));
        EXPECT_TRUE(test.said("openjd_redacted_env: TOKEN=********"));
    }
}

TEST(Session, SetsRedactedVariablesOnlyWhereTheJobAsksForThem) {
    const std::string body =
        shell_step("echo \"run ${TOKEN:+set}${TOKEN-none} hunter2\"; echo 'openjd_redacted_env: TOKEN=hunter2'");
    TestSession without(body);
    without.run_step();
    without.run_step();
    EXPECT_THAT(printed(without.heard), ElementsAre("run none hunter2", "run none ********"));
    TestSession with("extensions: [REDACTED_ENV_VARS]\n" + body);
    with.run_step();
    with.run_step();
    EXPECT_THAT(printed(with.heard), ElementsAre("run none hunter2", "run set******** ********"));
}

TEST(Session, HidesSecretsInItsOwnErrors) {
    TestSession test(R"(
jobEnvironments:
- name: E
  script: {actions: {onEnter: {command: sh, args: [-c, "echo openjd_redacted_env: A=topsecret"]}}}
steps: [{name: S, script: {actions: {onRun: {command: /no/topsecret/program}}}}]
)");
    const ActionResult result = test.run_step();
    EXPECT_THAT(result.reason, AllOf(HasSubstr("/no/********/program"), Not(HasSubstr("topsecret"))));
    EXPECT_THAT(test.heard.all(), Not(HasSubstr("topsecret")));
}

// ---- timeouts and cancels --------------------------------------------------------------------------------

TEST(Session, EndsWhatTakesTooLong) {
    TestSession test(shell_step("echo run; sleep 1000", "        timeout: 1\n"));
    const ActionResult result = test.run_step();
    EXPECT_EQ(result.outcome, Outcome::timed_out);
    EXPECT_THAT(result.reason, HasSubstr("1.0s"));
    EXPECT_TRUE(test.session->ended());
}

// Says what it was told, and ignores the request to end as often as it comes.
const std::string stubborn =
    "trap 'echo told; read -r info < cancel_info.json; echo \"$info\"' TERM\necho ready\nwhile :; do sleep 0.02; done";
const std::string notify = "        cancelation: {mode: NOTIFY_THEN_TERMINATE}\n";

TEST(Session, TellsBeforeItKills) {
    TestSession test(shell_step(
        stubborn,
        "        timeout: 1\n        cancelation: {mode: NOTIFY_THEN_TERMINATE, notifyPeriodInSeconds: 1}\n"));
    EXPECT_EQ(test.run_step().outcome, Outcome::timed_out);
    EXPECT_TRUE(test.said("told"));
    EXPECT_THAT(test.heard.all(), testing::ContainsRegex("\\{\"NotifyEnd\":\"20[0-9-]+T[0-9:]+Z\"\\}"));
}

TEST(Session, CancelsByTheActionsOwnMethod) {
    TestSession test(shell_step(stubborn));  // TERMINATE: nothing is told
    test.heard.on_line = [&](std::string_view line) {
        if (line == "ready") test.session->cancel(seconds(1000));
    };
    const ActionResult result = test.run_step();
    EXPECT_EQ(result.outcome, Outcome::canceled);
    EXPECT_FALSE(test.said("told"));
    EXPECT_TRUE(test.session->ended());
    EXPECT_EQ(test.run_step().outcome, Outcome::canceled);
}

TEST(Session, CutsTheTimeWhenItIsCanceledAgain) {
    TestSession test(shell_step(stubborn, notify));
    std::vector<std::string> ends;
    test.heard.on_line = [&](std::string_view line) {
        if (line == "ready") test.session->cancel(seconds(1000));
        if (line.starts_with("{")) ends.emplace_back(line);
        if (line.starts_with("{") && ends.size() == 1) test.session->cancel(seconds(50));
        if (ends.size() == 2) test.session->cancel(milliseconds(0));
    };
    EXPECT_EQ(test.run_step().outcome, Outcome::canceled);
    ASSERT_EQ(ends.size(), 2u);
    EXPECT_LT(ends[1], ends[0]);
}

TEST(Session, CanBeCanceledFromAnotherThreadAtAnyMoment) {
    for (const int delay : {0, 1, 3, 10, 30}) {
        TestSession test(shell_step("sleep 1000"));
        std::thread canceler([&] {
            std::this_thread::sleep_for(milliseconds(delay));
            test.session->cancel(milliseconds(0));
        });
        EXPECT_EQ(test.run_step().outcome, Outcome::canceled);
        canceler.join();
    }
}

TEST(Session, RunsTheExitsAfterACancel) {
    TestSession test(R"(
jobEnvironments:
- name: E
  script: {actions: {onEnter: {command: echo, args: [enter]}, onExit: {command: sh, args: [-c, "sleep 0.2; echo 'exit done'"]}}}
steps: [{name: S, script: {actions: {onRun: {command: sleep, args: ["1000"]}}}}]
)");
    EXPECT_EQ(test.session->enter(0).outcome, Outcome::succeeded);
    test.session->cancel(milliseconds(0));  // between two actions
    EXPECT_EQ(test.session->run(0, {}).outcome, Outcome::canceled);
    EXPECT_EQ(test.session->leave().outcome, Outcome::succeeded);
    EXPECT_THAT(printed(test.heard), ElementsAre("exit done"));
}

TEST(Session, LeavesItsEnvironmentsAlsoWhenNobodyCanListen) {
    const TemporaryFolder outside;
    TestSession test(
        "jobEnvironments:\n- name: E\n  script: {actions: {onEnter: {command: 'true'}, onExit: {command: touch, args: "
        "[" +
        (outside.path() / "left").string() + "]}}}\n" + shell_step("echo ready; sleep 1000"));
    test.heard.on_line = [&](std::string_view) { throw Error(Error::Kind::exhausted, "the disk is full"); };
    const ActionResult result = test.run_step();
    EXPECT_EQ(result.outcome, Outcome::failed);
    EXPECT_EQ(result.reason, "the disk is full");
    EXPECT_EQ(test.session->leave().outcome, Outcome::succeeded);
    EXPECT_TRUE(fs::exists(outside.path() / "left"));
}

TEST(Session, StopsATaskThatFloodsItWithSecretsOrVariables) {
    TestSession secrets(shell_step("i=0; while :; do i=$((i+1)); echo \"openjd_redacted_env: A=secret$i\"; done"));
    EXPECT_THAT(secrets.run_step().reason, HasSubstr("secrets"));
    TestSession variables(shell_step("yes 'openjd_env: A=' | awk '{ printf \"openjd_env: A%d=%01000d\\n\", NR, NR }'"));
    EXPECT_THAT(variables.run_step().reason, HasSubstr("variables"));
}

}  // namespace
}  // namespace atelier::session
