// What a task finds and leaves when it is run by the whole program: environments, walls, checkpoints, metrics,
// previews, secrets and logs.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdlib>
#include <regex>

#include "archive/zstd.h"
#include "base/hash.h"
#include "base/testing.h"
#include "base/text.h"
#include "program.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

// An environment of the step that writes its comings and goings into the outgoing folder.
std::string environment(const std::string& on_enter, const std::string& on_exit) {
    return "  stepEnvironments:\n"
           "  - name: Desk\n"
           "    script:\n"
           "      actions:\n"
           "        onEnter: {command: sh, args: [\"{{Env.File.Enter}}\"]}\n"
           "        onExit: {command: sh, args: [\"{{Env.File.Exit}}\"]}\n"
           "      embeddedFiles:\n"
           "      - {name: Enter, type: TEXT, data: \"" +
           on_enter +
           "\"}\n"
           "      - {name: Exit, type: TEXT, data: \"" +
           on_exit + "\"}\n";
}

std::string every_log(const Ground& ground) {
    std::string text;
    for (const auto& entry : fs::recursive_directory_iterator(ground.layout().logs()))
        if (entry.is_regular_file())
            archive::read_compressed(entry.path(), 0, UINT64_MAX, [&](std::string_view piece) { text += piece; });
    return text;
}

}  // namespace

// ---- environments

TEST(Session, AnEnvironmentIsEnteredOnceForManyTasks) {
    Ground ground;
    const std::string more = environment("echo in >> '{{Param.Out}}/visits'", "echo out >> '{{Param.Out}}/visits'");
    const std::string job = ground.write("job.yaml", shell_job("true", 40, more));
    const Ended run = ground.run({"run", job, "--workers", "2"});
    ASSERT_EQ(run.status, 0) << run.all();
    const auto visits = ground.lines("out/visits");
    const auto in = std::count(visits.begin(), visits.end(), "in");
    EXPECT_GE(in, 1);
    EXPECT_LE(in, 2) << "at most once a worker's slot";
    EXPECT_EQ(std::count(visits.begin(), visits.end(), "out"), in);
}

TEST(Session, WhatCannotBeEnteredRunsNoTask) {
    Ground ground;
    const std::string more = environment("echo no way in; exit 3", "echo out > '{{Param.Out}}/left'");
    const std::string job = ground.write("job.yaml", shell_job("touch \"$OUT/ran\"", 2, more));
    const Ended run = ground.run({"run", job, "--max-tries", "2"});
    EXPECT_EQ(run.status, 1) << run.all();
    EXPECT_NE(run.out.find("no way in"), std::string::npos) << run.out;
    EXPECT_FALSE(fs::exists(ground.path("out/ran")));
    EXPECT_TRUE(fs::exists(ground.path("out/left"))) << "what was begun to be entered is left";
}

TEST(Session, AnEnvironmentIsLeftAfterAFailureToo) {
    Ground ground;
    const std::string more = environment("true", "echo out >> '{{Param.Out}}/left'");
    const std::string job = ground.write("job.yaml", shell_job("exit 1", 1, more));
    EXPECT_EQ(ground.run({"run", job, "--max-tries", "1"}).status, 1);
    EXPECT_EQ(ground.lines("out/left").size(), 1u);
}

TEST(Session, ATaskThatTakesTooLongIsEndedAndSaysSo) {
    Ground ground;
    std::string job = shell_job("sleep 300", 1);
    const std::string args = "args: [\"{{Task.File.Run}}\"]";
    job.replace(job.find(args), args.size(), args + ", timeout: 1");
    const Ended run = ground.run({"run", ground.write("job.yaml", job), "--max-tries", "1"});
    EXPECT_EQ(run.status, 1) << run.all();
    const auto attempts = farm::attempts_of(*ground.database(), ground.job(), {}, {}, 10);
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts.front().result.result, farm::ResultClass::timeout);
}

// ---- walls

namespace {

class Listener {
public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
        ::listen(socket_.get(), 16);
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    int port() const { return port_; }

private:
    Fd socket_;
    int port_ = 0;
};

bool has_bubblewrap() { return std::system("bwrap --ro-bind / / true > /dev/null 2>&1") == 0; }

// What the task could do, as words in a file among its outputs.
std::string escape(const Ground& ground, int port) {
    return fmt::format(R"(
exec 2> /dev/null
echo begun > "$OUT/deeds"
cat '{0}/secret.txt' && echo read >> "$OUT/deeds"
head -c 1 '{0}/data/atelier.db' && echo peeked >> "$OUT/deeds"
echo gotcha > '{0}/planted.txt' && [ -e '{0}/secret.txt' ] && echo wrote >> "$OUT/deeds"
echo gotcha > '{0}/in/input.txt' && echo changed >> "$OUT/deeds"
echo gotcha > /usr/atelier-test-planted && echo system >> "$OUT/deeds"
bash -c 'exec 3<>/dev/tcp/127.0.0.1/{1}' && echo connected >> "$OUT/deeds"
kill -0 $(cat '{0}/pid') && echo killed >> "$OUT/deeds"
grep -q input '{{{{Param.In}}}}/input.txt' && echo input >> "$OUT/deeds"
true
)",
                       ground.root().string(), port);
}

}  // namespace

TEST(Session, TheSandboxHolds) {
    ATELIER_NEED(has_bubblewrap(), "bubblewrap is missing, or may not be used");
    constexpr const char* head =
        "parameterDefinitions:\n"
        "- {name: In, type: PATH, objectType: DIRECTORY, dataFlow: IN, default: in}\n"
        "- {name: Out, type: PATH, objectType: DIRECTORY, dataFlow: OUT, default: out}\n";
    const Listener listener;
    struct Case {
        std::vector<std::string> options;
        std::vector<std::string> deeds;
    };
    for (const Case& wanted :
         {Case{{"--sandbox"}, {"begun", "input"}}, Case{{"--sandbox", "--isolate"}, {"begun", "input"}},
          Case{{"--sandbox", "--network"}, {"begun", "connected", "input"}}}) {
        Ground ground;
        ground.write("secret.txt", "secret");
        ground.write("in/input.txt", "input");
        ground.write("pid", std::to_string(::getpid()));
        const std::string job = shell_job(escape(ground, listener.port()), 1, "", head);
        std::vector<std::string> command{"run", ground.write("job.yaml", job), "--max-tries", "1"};
        command.insert(command.end(), wanted.options.begin(), wanted.options.end());
        const Ended run = ground.run(command);
        ASSERT_EQ(run.status, 0) << run.all();
        EXPECT_EQ(ground.lines("out/deeds"), wanted.deeds) << join(wanted.options, " ");
        EXPECT_FALSE(fs::exists(ground.path("planted.txt")));
        EXPECT_EQ(ground.read("in/input.txt"), "input");
    }
}

TEST(Session, WithoutTheSandboxTheSameTaskGetsOut) {
    const Listener listener;
    Ground ground;
    ground.write("secret.txt", "secret");
    std::string script = escape(ground, listener.port());
    script = std::regex_replace(script, std::regex("\n[^\n]*(/usr/|Param.In)[^\n]*"), "");
    EXPECT_EQ(ground.run({"run", ground.write("job.yaml", shell_job(script))}).status, 0);
    EXPECT_EQ(ground.lines("out/deeds"), (std::vector<std::string>{"begun", "read", "peeked", "wrote", "connected"}));
}

// ---- checkpoints, metrics, previews

namespace {

// Counts to five over its tries; `breaks` is how a try ends before that.
std::string counting(const std::string& breaks) {
    return R"(
count=0
if [ "$ATELIER_RESUME" = 1 ]; then count=$(cat "$ATELIER_CHECKPOINT_DIR/count"); fi
echo "begins at $count"
count=$((count + 1))
mkdir -p "$ATELIER_CHECKPOINT_DIR/deep"
echo $count > "$ATELIER_CHECKPOINT_DIR/count"
echo $count > "$OUT/reached"
if [ $count -lt 3 ]; then )" +
           breaks + R"(; fi
echo "reached $count" > "$OUT/result"
)";
}

}  // namespace

TEST(Session, AFailedTryLeavesItsCheckpointToTheNext) {
    for (const std::string option : {"--max-tries=3", "--isolate"}) {
        Ground ground;
        const Ended run = ground.run({"run", ground.write("job.yaml", shell_job(counting("exit 1"))), option});
        ASSERT_EQ(run.status, 0) << run.all();
        EXPECT_EQ(ground.read("out/result"), "reached 3\n");
        const Ended log = ground.run({"job", "logs", ground.job(), "Work:0"});
        EXPECT_NE(log.out.find("begins at 2"), std::string::npos) << log.out;
        EXPECT_TRUE(fs::is_empty(ground.layout().checkpoints())) << "of no use once the task is done";
    }
}

TEST(Session, ACheckpointOutlivesAKillOfTheProgram) {
    Ground ground;
    const std::vector<std::string> command{"run", ground.write("job.yaml", shell_job(counting("sleep 300")))};
    for (const std::string reached : {"1\n", "2\n"}) {
        const auto run = ground.start(command);
        ASSERT_TRUE(eventually([&] { return ground.read("out/reached") == reached; })) << run->err();
        run->signal(SIGKILL);
        run->wait();
    }
    const Ended last = ground.run(command);
    EXPECT_EQ(last.status, 0) << last.all();
    EXPECT_EQ(ground.read("out/result"), "reached 3\n");
}

TEST(Session, MetricsAndPreviewsAreRecorded) {
    Ground ground;
    constexpr const char* script = R"(
echo "atelier_metric: loss=0.25"
echo "atelier_metric: images=12"
echo picture > preview.png
echo "atelier_preview: preview.png"
sleep 0.3
)";
    const Ended run = ground.run({"run", ground.write("job.yaml", shell_job(script))});
    ASSERT_EQ(run.status, 0) << run.all();
    EXPECT_EQ(ground.text("SELECT value FROM metrics WHERE name = 'loss'"), "0.25");
    EXPECT_EQ(ground.count("SELECT count(*) FROM metrics"), 2);
    EXPECT_EQ(ground.text("SELECT digest FROM previews"), sha256("picture\n").hex());
}

// ---- secrets

TEST(Session, ASecretIsWrittenNowhere) {
    Ground ground;
    const std::string secret = "correct-horse-battery-staple";
    ground.write("secret.sh", "echo \"openjd_redacted_env: TOKEN=" + secret + "\"\n");
    const std::string more = environment(". '" + ground.path("secret.sh").string() + "'", "echo bye $TOKEN");
    constexpr const char* script = R"(
[ ${#TOKEN} = 28 ] || exit 9
echo "said: $TOKEN"
echo "openjd_status: status $TOKEN"
echo "openjd_env: COPY=$TOKEN"
echo "atelier_metric: $TOKEN=1"
sleep 0.3
echo "openjd_fail: failed with $TOKEN"
exit 1
)";
    const std::string job = shell_job(script, 1, more, "extensions: [REDACTED_ENV_VARS]\n");
    const Ended run = ground.run({"run", ground.write("job.yaml", job), "--max-tries", "2", "--json"});
    EXPECT_EQ(run.status, 1);
    const std::string id = ground.job();
    std::string seen = run.all() + every_log(ground);
    for (const std::vector<std::string>& command : {std::vector<std::string>{"jobs", "--json"},
                                                    {"job", "show", id},
                                                    {"job", "show", id, "--json"},
                                                    {"job", "logs", id},
                                                    {"why", id}})
        seen += ground.run(command).all();
    for (const auto& entry : fs::recursive_directory_iterator(ground.path("data")))
        if (entry.is_regular_file())
            seen += entry.path().string() + ground.read(entry.path().lexically_relative(ground.root()));
    EXPECT_NE(seen.find("said: ********"), std::string::npos) << "the task has seen it";
    EXPECT_NE(ground.text("SELECT reason FROM attempts").find("failed with ********"), std::string::npos);
    EXPECT_EQ(seen.find(secret), std::string::npos)
        << seen.substr(seen.find(secret) - std::min<std::size_t>(seen.find(secret), 200), 300);
}

// ---- logs

TEST(Session, LogsAreCompressedAfterwardsAndStillRead) {
    Ground ground;
    const std::string job = ground.write("job.yaml", shell_job("echo \"word of $N\"; echo \"error of $N\" >&2", 5));
    ASSERT_EQ(ground.run({"run", job, "--workers", "2"}).status, 0);
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(ground.layout().logs()))
        if (entry.is_regular_file()) {
            EXPECT_TRUE(entry.path().string().ends_with(".log.zst")) << entry.path();
            ++files;
        }
    EXPECT_GE(files, 1);
    for (int task = 0; task < 5; ++task) {
        const Ended log = ground.run({"job", "logs", ground.job(), fmt::format("Work:{}", task)});
        EXPECT_EQ(log.status, 0) << log.all();
        EXPECT_NE(log.out.find(fmt::format("word of {}", task + 1)), std::string::npos) << log.out;
        EXPECT_NE(log.out.find(fmt::format("error of {}", task + 1)), std::string::npos) << log.out;
        EXPECT_EQ(log.out.find(fmt::format("word of {}", (task + 1) % 5 + 1)), std::string::npos) << log.out;
    }
}

TEST(Session, ATaskThatPrintsWithoutEndIsCutAndItsLastLinesKept) {
    Ground ground;
    constexpr std::uint64_t bound = 200u << 20;
    const std::string script =
        "echo the first line\nyes 'the same long line of text, over and over again' | head -c 200000000\n"
        "echo\necho the last line\n";
    const Ended run = ground.run({"run", ground.write("job.yaml", shell_job(script)), "--workers", "1"});
    ASSERT_EQ(run.status, 0) << run.all();
    EXPECT_LT(run.peak_memory, bound);
    const Ended log = ground.run({"job", "logs", ground.job(), "Work:0"});
    EXPECT_LT(log.out.size(), 100'000'000u);
    EXPECT_NE(log.out.substr(0, 4096).find("the first line"), std::string::npos);
    EXPECT_NE(log.out.find("are left out here"), std::string::npos);
    EXPECT_NE(log.out.substr(log.out.size() - 4096).find("the last line"), std::string::npos);
    EXPECT_LT(log.peak_memory, bound);
}

}  // namespace atelier::tests
