// Several of the program on one data folder: one owns it, the others ask, watch, steer, and take over.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <sstream>

#include "base/hash.h"
#include "base/text.h"
#include "farm/farm.h"
#include "farm/schema.h"
#include "program.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

// A job that begins, and goes on when the file "go" is there.
std::string waiting_job(const Ground& ground, int tasks = 4) {
    return shell_job("touch \"$OUT/begun\"; while [ ! -e '" + ground.path("go").string() +
                         "' ]; do sleep 0.02; done\n" + "echo done > \"$OUT/$N.txt\"\n",
                     tasks);
}

std::string a_job(const Ground& ground, const std::string& name, const std::string& script, int tasks) {
    return ground.write(name + "/job.yaml", shell_job(script, tasks));
}

std::string job_named(const Ground& ground, const std::string& name) {
    return ground.text("SELECT id FROM jobs WHERE name = '" + name + "'");
}

// A database as an older version has left it: commands that only look bring it up to date first.
TEST(Together, ADatabaseOfAnOlderVersionIsBroughtUpToDate) {
    Ground ground;
    ASSERT_EQ(ground.run({"run", ground.write("job.yaml", shell_job("echo done", 1))}).status, 0);
    {
        const auto database = db::open(ground.layout().database().string());
        database->script(
            "DROP INDEX jobs_by_owner_and_state; DROP INDEX jobs_by_owner_and_name; DROP INDEX "
            "jobs_by_owner_and_priority; DROP INDEX jobs_by_state_and_name; DROP INDEX jobs_by_state_and_priority;"
            "DELETE FROM schema_version WHERE number > 2");
    }
    const Ended list = ground.run({"jobs"});
    EXPECT_EQ(list.status, 0) << list.all();
    EXPECT_EQ(ground.count("SELECT max(number) FROM schema_version"), farm::migrations().back().number);
}

}  // namespace

TEST(Together, TwoRunsShareOneFarm) {
    Ground ground;
    const std::string script = "sleep 0.05; echo $N > \"$OUT/$N.txt\"\n";
    const auto first = ground.start({"run", a_job(ground, "a", script, 30), "--name", "First"});
    const auto second = ground.start({"run", a_job(ground, "b", script, 30), "--name", "Second"});
    const Ended one = first->wait();
    const Ended two = second->wait();
    EXPECT_EQ(one.status, 0) << one.all();
    EXPECT_EQ(two.status, 0) << two.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 2);
    EXPECT_EQ(ground.count("SELECT sum(succeeded) FROM steps"), 60);
    EXPECT_EQ(ground.read("a/out/30.txt"), "30\n");
    EXPECT_EQ(ground.read("b/out/30.txt"), "30\n");
    EXPECT_EQ(ground.count("SELECT count(*) FROM asks"), 0) << "whoever asks takes the answer away";
}

TEST(Together, WhenTheOwnerIsKilledTheOtherTakesOver) {
    Ground ground;
    const std::string script = "sleep 0.1; echo $N > \"$OUT/$N.txt\"\n";
    const std::vector<std::string> command{"run", a_job(ground, "a", script, 80), "--name", "First", "--workers", "2"};
    const auto first = ground.start(command);
    ASSERT_TRUE(eventually([&] { return ground.count("SELECT sum(succeeded) FROM steps") >= 2; })) << first->err();
    const auto second = ground.start({"run", a_job(ground, "b", script, 10), "--name", "Second", "--priority", "90"});
    ASSERT_TRUE(eventually([&] { return ground.count("SELECT count(*) FROM jobs") == 2; })) << second->err();
    first->signal(SIGKILL);
    first->wait();
    const Ended two = second->wait();
    EXPECT_EQ(two.status, 0) << two.all();
    EXPECT_EQ(ground.state(job_named(ground, "Second")), "SUCCEEDED");

    const Ended again = ground.run(command);
    EXPECT_EQ(again.status, 0) << again.all();
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 2);
    EXPECT_EQ(ground.state(job_named(ground, "First")), "SUCCEEDED");
}

TEST(Together, TwoThatStartAtTheSameMomentNeverBothOwnTheFolder) {
    Ground ground;
    // Which program ran a task (its keeper's parent), from when to when.
    const std::string script =
        "owner=$(awk '/^PPid/ {print $2}' /proc/$PPID/status); from=$(date +%s%N); sleep 0.01\n"
        "echo \"$owner $from $(date +%s%N)\" >> '" +
        ground.path("spans").string() + "'\n";
    const std::string a = a_job(ground, "a", script, 2);
    const std::string b = a_job(ground, "b", script, 2);
    for (int round = 0; round < 20; ++round) {
        fs::remove(ground.path("spans"));
        const auto first = ground.start({"run", a, "--name", fmt::format("A{}", round)});
        const auto second = ground.start({"run", b, "--name", fmt::format("B{}", round)});
        const Ended one = first->wait();
        const Ended two = second->wait();
        ASSERT_EQ(one.status, 0) << one.all();
        ASSERT_EQ(two.status, 0) << two.all();
        std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> spans;
        const auto lines = ground.lines("spans");
        ASSERT_EQ(lines.size(), 4u) << "each task was run once";
        for (const std::string& line : lines) {
            std::int64_t owner = 0, from = 0, to = 0;
            ASSERT_TRUE(std::istringstream(line) >> owner >> from >> to) << line;
            auto& span = spans.try_emplace(owner, from, to).first->second;
            span = {std::min(span.first, from), std::max(span.second, to)};
        }
        ASSERT_LE(spans.size(), 2u);
        if (spans.size() == 2) {
            const auto& one_span = spans.begin()->second;
            const auto& other_span = spans.rbegin()->second;
            EXPECT_TRUE(one_span.second <= other_span.first || other_span.second <= one_span.first)
                << join(lines, "; ");
        }
    }
}

TEST(Together, AJobIsSteeredFromElsewhere) {
    Ground ground;
    const auto run = ground.start({"run", ground.write("job.yaml", waiting_job(ground)), "--workers", "1"});
    ASSERT_TRUE(eventually([&] { return fs::exists(ground.path("out/begun")); })) << run->err();
    const std::string job = ground.job();

    const Ended pause = ground.run({"job", "pause", job});
    EXPECT_EQ(pause.status, 0) << pause.all();
    EXPECT_EQ(ground.state(), "PAUSED");
    const Ended why = ground.run({"why", job});
    EXPECT_EQ(why.status, 0) << why.all();
    EXPECT_NE(why.out.find("paused"), std::string::npos) << why.out;
    const Ended gone = ground.run({"job", "delete", job});
    EXPECT_EQ(gone.status, 1) << "a job that has not ended is not deleted";
    EXPECT_NE(gone.err.find("not ended"), std::string::npos) << gone.err;

    const auto resume = ground.start({"job", "resume", job});
    ASSERT_TRUE(eventually([&] { return ground.state() == "RUNNING"; })) << resume->err();
    const Ended why_task = ground.run({"why", job + "/Work:3"});
    EXPECT_EQ(why_task.status, 0) << why_task.all();
    const Ended cancel = ground.run({"job", "cancel", job});
    EXPECT_EQ(cancel.status, 0) << cancel.all();
    EXPECT_EQ(run->wait().status, 130);
    EXPECT_EQ(resume->wait().status, 130);
    EXPECT_EQ(ground.state(), "CANCELED");
    EXPECT_TRUE(ground.running().empty()) << join(ground.running(), ", ");
    EXPECT_EQ(ground.run({"job", "delete", job}).status, 0);
    EXPECT_EQ(ground.count("SELECT count(*) FROM jobs"), 0);
    EXPECT_EQ(ground.run({"job", "show", job}).status, 1);
}

TEST(Together, AJobIsLookedAtWhileItRuns) {
    Ground ground;
    const auto run = ground.start({"run", ground.write("job.yaml", waiting_job(ground)), "--workers", "1"});
    ASSERT_TRUE(eventually([&] { return fs::exists(ground.path("out/begun")); })) << run->err();
    const std::string job = ground.job();
    const auto watch = ground.start({"job", "watch", job, "--json"});
    ASSERT_TRUE(eventually([&] { return ground.state() == "RUNNING"; }));
    const Ended list = ground.run({"jobs", "--json"});
    EXPECT_EQ(json::parse(list.out).at(0).at("state").as_string(), "running") << list.all();
    const Ended show = ground.run({"job", "show", job});
    EXPECT_EQ(show.status, 0) << show.all();
    EXPECT_NE(show.out.find("RUNNING"), std::string::npos) << show.out;
    EXPECT_NE(show.out.find("0/4"), std::string::npos) << show.out;
    ground.write("go", "");
    EXPECT_EQ(run->wait().status, 0);
    const Ended watched = watch->wait();
    EXPECT_EQ(watched.status, 0) << watched.all();
    EXPECT_EQ(json::parse(watched.out).at("job").at("state").as_string(), "succeeded");
}

TEST(Together, AnIdMayBeCutToWhatIsUnique) {
    Ground ground;
    ASSERT_EQ(ground.run({"run", ground.write("job.yaml", shell_job("true"))}).status, 0);
    const wire::Submission submission = farm::submission_of(*ground.database(), ground.job());
    {
        farm::Farm farm({ground.layout(), {}, &system_clock()});
        for (int i = 0; i < 40; ++i)  // more than there are letters: two begin alike
            farm.submit(submission);
    }
    std::map<char, int> beginnings;
    std::vector<std::string> ids;
    for (const auto& [id] : ground.database()->rows<std::string>("SELECT id FROM jobs")) {
        ids.push_back(id);
        ++beginnings[id.front()];
    }
    for (const auto& [letter, count] : beginnings) {
        const Ended show = ground.run({"job", "show", std::string(1, letter), "--json"});
        EXPECT_EQ(show.status == 0, count == 1) << letter << ": " << show.all();
        if (count == 1) {
            EXPECT_EQ(json::parse(show.out).at("job").at("id").as_string()[0], letter);
        }
    }
    EXPECT_EQ(ground.run({"job", "show", ids.front().substr(0, ids.front().size() - 1)}).status, 0);
    EXPECT_NE(ground.run({"job", "show", "no-such-job"}).status, 0);
    EXPECT_NE(ground.run({"job", "show", "%"}).status, 0) << "no wildcard";
    EXPECT_NE(ground.run({"job", "show", ""}).status, 0) << "nothing is no beginning of an id";
}

TEST(Together, ADeletedJobTakesOnlyWhatItAloneHolds) {
    Ground ground;
    const auto writes = [](const std::string& own) {
        return "echo shared > \"$OUT/shared.txt\"; echo " + own + " > \"$OUT/own.txt\"\n";
    };
    ASSERT_EQ(ground.run({"run", a_job(ground, "a", writes("first"), 1)}).status, 0);
    const std::string first = ground.job();
    ASSERT_EQ(ground.run({"run", a_job(ground, "b", writes("second"), 1), "--isolate"}).status, 0);
    const std::string second = ground.job();
    const auto stored = [&](const std::string& content) {
        return ground.layout().open_blobs()->has({sha256(content), content.size()});
    };
    ASSERT_TRUE(stored("shared\n") && stored("first\n") && stored("second\n"));

    EXPECT_EQ(ground.run({"job", "delete", first}).status, 0);
    EXPECT_FALSE(stored("first\n"));
    EXPECT_TRUE(stored("shared\n"));
    EXPECT_TRUE(stored("second\n"));
    EXPECT_FALSE(fs::exists(ground.layout().logs() / first));
    EXPECT_EQ(ground.run({"job", "delete", second}).status, 0);
    EXPECT_FALSE(stored("shared\n"));
    EXPECT_FALSE(stored("second\n"));
    EXPECT_EQ(ground.read("b/out/own.txt"), "second\n") << "what lies with the person is the person's";
}

}  // namespace atelier::tests
