// `atelier run` from beginning to end: how it ends, what it says, what it leaves, and how it is stopped.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <csignal>
#include <set>

#include "base/text.h"
#include "program.h"

namespace atelier::tests {

namespace fs = std::filesystem;
using ::testing::Test;

namespace {

constexpr const char* writes_a_file = "echo \"content $N\" > \"$OUT/$N.txt\"\n";

std::set<std::string> artifacts(const Ground& ground) {
    std::set<std::string> found;
    for (const auto& [output, attempt] : farm::artifacts_of(*ground.database(), ground.job()))
        found.insert(
            fmt::format("{} {} {} {:o} {}", output.parameter, output.path, output.digest, output.mode, output.is_link));
    return found;
}

}  // namespace

// ---- how it ends

TEST(Run, EndsWith0WhenTheJobIsDone) {
    Ground ground;
    const Ended run = ground.run({"run", ground.write("job.yaml", shell_job(writes_a_file, 3))});
    EXPECT_EQ(run.status, 0) << run.all();
    EXPECT_EQ(ground.state(), "SUCCEEDED");
    EXPECT_EQ(ground.read("out/3.txt"), "content 3\n");
    EXPECT_EQ(artifacts(ground).size(), 3u);
    EXPECT_TRUE(fs::is_empty(ground.layout().sessions()));
}

TEST(Run, EndsWith1WhenTheJobFailsAndSaysWhich) {
    Ground ground;
    const std::string script = "echo \"last words of $N\"; [ $N != 2 ] || exit 7\n";
    const Ended run = ground.run({"run", ground.write("job.yaml", shell_job(script, 3)), "--max-tries", "2"});
    EXPECT_EQ(run.status, 1);
    EXPECT_NE(run.out.find("Work:1"), std::string::npos) << run.out;
    EXPECT_NE(run.out.find("last words of 2"), std::string::npos) << run.out;
    EXPECT_EQ(ground.state(), "FAILED");
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts WHERE task = 1"), 2);
    EXPECT_EQ(ground.count("SELECT max(exit_code) FROM attempts"), 7);
}

TEST(Run, EndsWith2ForWrongUse) {
    Ground ground;
    const std::string broken = ground.write("broken.yaml", "specificationVersion: jobtemplate-2023-09\nname: X\n");
    EXPECT_EQ(ground.run({"run", broken}).status, 2);
    EXPECT_EQ(ground.run({"run", broken, "--no-such-option"}).status, 2);
    const std::string good = ground.write("job.yaml", shell_job("true", 1));
    EXPECT_EQ(ground.run({"run", good, "-p", "NoSuchParameter=1"}).status, 2);
    EXPECT_FALSE(fs::exists(ground.layout().database())) << "refused before anything was touched";
}

TEST(Run, ADryRunTouchesNothing) {
    Ground ground;
    const std::string job = ground.write("job.yaml", shell_job(writes_a_file, 3));
    const Ended run = ground.run({"run", job, "--dry-run", "--json"});
    EXPECT_EQ(run.status, 0) << run.all();
    EXPECT_EQ(json::parse(run.out).at("steps").at(0).at("tasks").to_number<int>(), 3);
    EXPECT_FALSE(fs::exists(ground.path("data")));
    EXPECT_FALSE(fs::exists(ground.path("out")));
}

TEST(Run, TellsProgramsInJson) {
    Ground ground;
    const std::string good = ground.write("job.yaml", shell_job(writes_a_file, 3));
    const Ended run = ground.run({"run", good, "--json"});
    EXPECT_EQ(run.status, 0) << run.all();
    const json::Value told = json::parse(run.out);
    EXPECT_EQ(told.at("job").at("state").as_string(), "succeeded");
    EXPECT_EQ(told.at("job").at("succeeded").to_number<int>(), 3);
    EXPECT_EQ(told.at("job").at("progress").to_number<double>(), 100);
    const Ended wrong = ground.run({"run", ground.write("broken.yaml", "name: X\n"), "--json"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_TRUE(json::parse(wrong.out).as_object().contains("error")) << wrong.out;
}

TEST(Run, PutsTheOutputsWhereTheyAreWanted) {
    Ground ground;
    const std::string head = "parameterDefinitions:\n- {name: Out, type: PATH, objectType: DIRECTORY, dataFlow: OUT}\n";
    const std::string job = ground.write("job.yaml", shell_job(writes_a_file, 2, "", head));
    EXPECT_EQ(ground.run({"run", job, "--output", ground.path("wanted").string()}).status, 0);
    EXPECT_EQ(ground.read("wanted/2.txt"), "content 2\n");
    EXPECT_EQ(ground.run({"run", job, "--isolate", "--output", ground.path("isolated").string()}).status, 0);
    EXPECT_EQ(ground.read("isolated/2.txt"), "content 2\n");
}

TEST(Run, IsolatedOrInPlaceTheOutputsAreTheSame) {
    constexpr const char* head =
        "parameterDefinitions:\n"
        "- {name: In, type: PATH, objectType: DIRECTORY, dataFlow: IN, default: in}\n"
        "- {name: Out, type: PATH, objectType: DIRECTORY, dataFlow: OUT, default: out}\n";
    constexpr const char* script = R"(
mkdir -p "$OUT/deep/$N"
cat '{{Param.In}}/sub/input.txt' > "$OUT/deep/$N/copy.txt"
echo "run $N" > "$OUT/deep/$N/program"; chmod 755 "$OUT/deep/$N/program"
ln -s copy.txt "$OUT/deep/$N/link"
)";
    constexpr const char* gather = R"(
- name: Gather
  dependencies: [{dependsOn: Work}]
  script:
    actions: {onRun: {command: bash, args: ["-c", "cat '{{Param.Out}}'/deep/*/copy.txt > '{{Param.Out}}/all.txt'"]}}
)";
    std::set<std::string> seen[2];
    std::string film[2];
    for (const bool isolate : {false, true}) {
        Ground ground;
        ground.write("in/sub/input.txt", "from the input\n");
        std::vector<std::string> command{"run", ground.write("job.yaml", shell_job(script, 3, "", head) + gather)};
        if (isolate) command.emplace_back("--isolate");
        const Ended run = ground.run(command);
        ASSERT_EQ(run.status, 0) << run.all();
        seen[isolate] = artifacts(ground);
        film[isolate] = ground.read("out/all.txt");
        EXPECT_TRUE(fs::is_symlink(ground.path("out/deep/2/link")));
        EXPECT_TRUE(fs::is_empty(ground.layout().sessions()));
    }
    EXPECT_EQ(seen[0].size(), 10u);
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(film[0], "from the input\nfrom the input\nfrom the input\n");
    EXPECT_EQ(film[0], film[1]);
}

// ---- how it is stopped

namespace {

// Tasks that are done at once when the file "go" is there, and else don't end.
std::string waiting_job(const Ground& ground, const std::string& more_of_action = "") {
    std::string job = shell_job("echo $N > \"$OUT/begun-$N\"\n[ -e '" + ground.path("go").string() +
                                    "' ] || sleep 300\necho done > \"$OUT/$N.txt\"\n",
                                6);
    const std::string args = "args: [\"{{Task.File.Run}}\"]";
    job.replace(job.find(args), args.size(), args + more_of_action);
    return job;
}

// Two run, one a worker's slot.
bool begins(const Ground& ground) {
    return eventually([&] {
        int begun = 0;
        for (int number = 1; number <= 6; ++number)
            begun += fs::exists(ground.path(fmt::format("out/begun-{}", number)));
        return begun == 2;
    });
}

}  // namespace

TEST(Run, CtrlCStopsTheJobAndRetryDoesTheRest) {
    Ground ground;
    const auto run = ground.start({"run", ground.write("job.yaml", waiting_job(ground)), "--workers", "2"});
    ASSERT_TRUE(begins(ground));
    run->signal(SIGINT);
    const Ended ended = run->wait();
    EXPECT_EQ(ended.status, 130) << ended.all();
    EXPECT_EQ(ground.state(), "CANCELED");
    EXPECT_TRUE(ground.running().empty()) << join(ground.running(), ", ");
    EXPECT_TRUE(fs::is_empty(ground.layout().sessions()));

    ground.write("go", "");
    const Ended retry = ground.run({"job", "retry", ground.job(), "--failed"});
    EXPECT_EQ(retry.status, 0) << retry.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 1);
    for (int number = 1; number <= 6; ++number)
        EXPECT_EQ(ground.read(fmt::format("out/{}.txt", number)), "done\n");
}

TEST(Run, ASecondCtrlCLeavesAtOnce) {
    Ground ground;
    const std::string stubborn = ", cancelation: {mode: NOTIFY_THEN_TERMINATE, notifyPeriodInSeconds: 100}";
    std::string job = waiting_job(ground, stubborn);
    job.replace(job.find("sleep 300"), 9, "{ trap '' TERM; sleep 300; }");
    const auto run = ground.start({"run", ground.write("job.yaml", job), "--workers", "2"});
    ASSERT_TRUE(begins(ground));
    run->signal(SIGINT);
    ASSERT_TRUE(eventually([&] { return run->out().find("leaves at once") != std::string::npos; })) << run->out();
    run->signal(SIGINT);
    EXPECT_EQ(run->wait(seconds(60)).status, 130);
    EXPECT_TRUE(eventually([&] { return ground.running().empty(); })) << join(ground.running(), ", ");
}

TEST(Run, SigtermLeavesTheJobForLater) {
    Ground ground;
    const std::vector<std::string> command{"run", ground.write("job.yaml", waiting_job(ground)), "--workers", "2"};
    const auto run = ground.start(command);
    ASSERT_TRUE(begins(ground));
    run->signal(SIGTERM);
    const Ended ended = run->wait();
    EXPECT_EQ(ended.status, 130) << ended.all();
    EXPECT_NE(ended.out.find("atelier job resume " + ground.job()), std::string::npos) << ended.out;
    EXPECT_EQ(ground.state(), "RUNNING");
    EXPECT_TRUE(ground.running().empty()) << join(ground.running(), ", ");

    ground.write("go", "");
    const Ended again = ground.run(command);
    EXPECT_EQ(again.status, 0) << again.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 1);
    EXPECT_EQ(ground.count("SELECT max(tries) FROM tasks"), 0) << "an interruption costs no try";
}

}  // namespace atelier::tests
