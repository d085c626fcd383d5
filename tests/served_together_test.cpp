// A server and other commands on one data folder: it has one owner, and who comes later speaks to it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <set>
#include <thread>

#include "base/text.h"
#include "served.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

std::unique_ptr<Running> serve(const Ground& ground) {
    return ground.start({"serve", "--listen", "127.0.0.1:0", "--workers", "1"});
}

bool serves(const Running& server) { return server.out().find(" at http") != std::string::npos; }

}  // namespace

TEST(ServedTogether, TwoServersThatStartAtTheSameMomentNeverBothOwnTheFolder) {
    Ground ground;
    for (int round = 0; round < 10; ++round) {
        const auto one = serve(ground);
        const auto two = serve(ground);
        ASSERT_TRUE(eventually([&] { return (serves(*one) || one->ended()) && (serves(*two) || two->ended()); }));
        EXPECT_NE(serves(*one), serves(*two)) << one->err() << two->err();
        const auto& loser = serves(*one) ? two : one;
        const auto& winner = serves(*one) ? one : two;
        const Ended lost = loser->wait();
        EXPECT_EQ(lost.status, 3) << lost.all();
        EXPECT_NE(lost.err.find("owns the data folder"), std::string::npos) << lost.all();
        winner->signal(SIGTERM);
        EXPECT_EQ(winner->wait().status, 0);
    }
}

TEST(ServedTogether, AServerAndARunThatStartAtTheSameMomentNeverBothOwnTheFolder) {
    Ground ground;
    const std::string owner =
        "owner=$(awk '/^PPid/ {print $2}' /proc/$PPID/status); echo $owner >> '" + ground.path("owners").string() + "'";
    int served = 0;
    for (int round = 0; round < 10; ++round) {
        fs::remove(ground.path("owners"));
        const auto server = serve(ground);
        const auto run = ground.start({"run", ground.write("job.yaml", shell_job(owner + "; sleep 0.02", 3)), "--name",
                                       fmt::format("J{}", round), "--workers", "1"});
        const Ended ran = run->wait();
        EXPECT_EQ(ran.status, 0) << ran.all();
        const auto owners = ground.lines("owners");
        EXPECT_EQ(owners.size(), 3u) << "each task was run once";
        EXPECT_EQ(std::set(owners.begin(), owners.end()).size(), 1u) << join(owners, " ");
        ASSERT_TRUE(eventually([&] { return serves(*server) || server->ended(); }));
        if (serves(*server)) ++served;
        server->signal(SIGTERM);
        const Ended ended = server->wait();
        EXPECT_TRUE(ended.status == 0 || ended.status == 3) << ended.all();
    }
    RecordProperty("served", served);
    EXPECT_EQ(ground.count("SELECT sum(succeeded) FROM steps"), 30);
}

TEST(ServedTogether, ACommandSpeaksToTheServerOfItsFolder) {
    Ground ground;
    Server server(ground);
    const std::string job = ground.write("job.yaml", shell_job("echo $N > \"$OUT/$N.txt\"", 3));
    const auto run = ground.start({"run", job});
    ASSERT_TRUE(eventually([&] { return ground.count("SELECT count(*) FROM jobs") == 1; })) << run->err();
    EXPECT_EQ(ground.count("SELECT count(*) FROM attempts"), 0) << "the server has no workers, and the command none";
    EXPECT_EQ(ground.count("SELECT count(*) FROM asks"), 0) << "it asks over HTTP";
    const Ended list = ground.run({"jobs", "--json"});
    EXPECT_EQ(json::parse(list.out).at(0).at("id").as_string(), ground.job()) << list.all();
    const Ended pause = ground.run({"job", "pause", ground.job()});
    EXPECT_EQ(pause.status, 0) << pause.all();
    EXPECT_EQ(ground.state(), "PAUSED");
    server.client().post("/api/v1/jobs/" + ground.job() + "/resume", json::Value());
    RemoteWorker worker(ground, "worker", server.url());
    const Ended ran = run->wait();
    EXPECT_EQ(ran.status, 0) << ran.all();
    EXPECT_EQ(ground.read("out/3.txt"), "3\n") << "its outputs were brought";
    worker.leave();
    server.stop();
}

// kill -9 leaves the note of where it was; it leads nobody astray.
TEST(ServedTogether, AfterAServerWasKilledACommandBringsItsOwnFarm) {
    Ground ground;
    Server server(ground);
    server.kill();
    ASSERT_TRUE(fs::exists(ground.path("data/server.json")));
    const Ended run = ground.run({"run", ground.write("job.yaml", shell_job("echo $N > \"$OUT/$N.txt\"", 3))});
    EXPECT_EQ(run.status, 0) << run.all();
    EXPECT_EQ(ground.read("out/3.txt"), "3\n");

    // Its number may be another program's by now, as of the one that began first of all.
    json::Object note = json::parse(ground.read("data/server.json")).as_object();
    note["process"] = 1;
    ground.write("data/server.json", json::text(note));
    const Ended list = ground.run({"jobs"});
    EXPECT_EQ(list.status, 0) << list.all();
}

// Who follows a job of a server that is killed and comes back goes on following it.
TEST(ServedTogether, ARunOutlivesARestartOfItsServer) {
    Ground ground;
    Server server(ground);
    const std::string go = ground.path("go").string();
    const std::string script = "while [ ! -e '" + go + "' ]; do sleep 0.02; done; echo $N > \"$OUT/$N.txt\"";
    RemoteWorker worker(ground, "worker", server.url());
    const auto run = ground.start({"run", ground.write("job.yaml", shell_job(script, 3))});
    ASSERT_TRUE(eventually([&] {
        return run->out().find("submitted") != std::string::npos && ground.count("SELECT count(*) FROM tasks") > 0;
    })) << run->err();
    server.kill();
    std::this_thread::sleep_for(milliseconds(500));
    server.start();
    ground.write("go", "");
    const Ended ran = run->wait();
    EXPECT_EQ(ran.status, 0) << ran.all();
    EXPECT_EQ(ground.read("out/3.txt"), "3\n");
    worker.leave();
    server.stop();
}

}  // namespace atelier::tests
