#include "process/keeper.h"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/id.h"
#include "base/text.h"
#include "process/process_tree.h"

namespace atelier::process {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

struct Collector : Watcher {
    void line(std::string_view bytes) override {
        ++count;
        size += bytes.size();
        if (lines.size() < 1000) lines.emplace_back(bytes);
        if (on_line) on_line(bytes);
    }
    void tick() override {
        if (on_tick) on_tick();
    }
    std::vector<std::string> lines;
    std::size_t count = 0;
    std::size_t size = 0;
    std::function<void(std::string_view)> on_line;
    std::function<void()> on_tick;
};

Command command(std::vector<std::string> argv) {
    return {.argv = std::move(argv), .environment = {"PATH=/usr/bin:/bin"}, .folder = "/"};
}

Command shell(const std::string& script) { return command({"sh", "-c", script}); }

bool in_time(const std::function<bool()>& true_now) {
    for (const auto end = steady_clock::now() + std::chrono::seconds(20); steady_clock::now() < end;) {
        if (true_now()) return true;
        std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
}

// A sleep that can be told from all others by its argument.
class Marked {
public:
    Marked() : seconds_("1000." + std::to_string(::getpid()) + std::to_string(++last_)) {}
    std::string sleep() const { return "sleep " + seconds_; }
    std::size_t alive() const {
        std::size_t found = 0;
        for (const ProcessInfo& info : all_processes()) {
            std::ifstream file("/proc/" + std::to_string(info.pid) + "/cmdline", std::ios::binary);
            std::string text;
            std::getline(file, text);  // nothing when the process has just gone
            if (text == std::string("sleep\0", 6) + seconds_ + std::string("\0", 1)) ++found;
        }
        return found;
    }
    bool becomes(std::size_t number) const {
        for (const auto end = steady_clock::now() + std::chrono::seconds(20); steady_clock::now() < end;) {
            if (alive() == number) return true;
            std::this_thread::sleep_for(milliseconds(5));
        }
        return false;
    }

private:
    static inline int last_ = 0;
    std::string seconds_;
};

std::vector<pid_t> keepers_now(pid_t parent) {
    std::vector<pid_t> found;
    for (const ProcessInfo& info : all_processes()) {
        std::string name;
        std::ifstream("/proc/" + std::to_string(info.pid) + "/comm") >> name;
        if (info.parent == parent && name == "keeper") found.push_back(info.pid);
    }
    return found;
}

// Sorted; a keeper that has just been started takes its name a moment later.
std::vector<pid_t> keepers_of(pid_t parent, std::size_t number) {
    std::vector<pid_t> found;
    EXPECT_TRUE(in_time([&] { return (found = keepers_now(parent)).size() == number; }));
    std::sort(found.begin(), found.end());
    return found;
}

std::size_t open_descriptors(pid_t pid) {
    const fs::directory_iterator folder("/proc/" + std::to_string(pid) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

Error::Kind kind_of_failure(Keeper& keeper, const Command& what, std::string* message = nullptr) {
    Collector out;
    try {
        keeper.run(what, out);
    } catch (const Error& error) {
        if (message) *message = error.what();
        return error.kind();
    }
    ADD_FAILURE() << "it was run";
    return Error::Kind::internal;
}

TEST(Keeper, TellsTheExitCodeAndTheLines) {
    Keeper keeper;
    Collector out;
    const Exit exit = keeper.run(shell("echo one; echo two >&2; printf three; exit 7"), out);
    EXPECT_EQ(exit.code, 7);
    EXPECT_EQ(exit.signal, 0);
    EXPECT_FALSE(exit.out_of_memory);
    EXPECT_THAT(out.lines, ElementsAre("one", "two", "three"));
}

TEST(Keeper, TellsTheSignal) {
    Keeper keeper;
    Collector out;
    const Exit exit = keeper.run(shell("kill -SEGV $$"), out);
    EXPECT_EQ(exit.signal, SIGSEGV);
    EXPECT_EQ(exit.code, 128 + SIGSEGV);
}

TEST(Keeper, NamesTheProgramThatIsMissing) {
    Keeper keeper;
    std::string message;
    EXPECT_EQ(kind_of_failure(keeper, command({"no-such-program"}), &message), Error::Kind::not_found);
    EXPECT_THAT(message, HasSubstr("no-such-program"));
    EXPECT_EQ(kind_of_failure(keeper, command({"/no/such/program"})), Error::Kind::not_found);
    EXPECT_EQ(kind_of_failure(keeper, command({})), Error::Kind::invalid);
    EXPECT_EQ(kind_of_failure(keeper, command({""})), Error::Kind::invalid);
    EXPECT_EQ(kind_of_failure(keeper, command({"echo", std::string("a\0b", 3)})), Error::Kind::invalid);
    Collector out;
    EXPECT_EQ(keeper.run(command({"true"}), out).code, 0);  // and goes on
}

TEST(Keeper, NamesTheFileThatMayNotBeExecuted) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "text") << "no program\n";
    Keeper keeper;
    std::string message;
    EXPECT_EQ(kind_of_failure(keeper, command({(folder.path() / "text").string()}), &message), Error::Kind::denied);
    EXPECT_THAT(message, HasSubstr("text"));
    fs::permissions(folder.path() / "text", fs::perms::owner_all);
    EXPECT_EQ(kind_of_failure(keeper, command({(folder.path() / "text").string()})), Error::Kind::denied);
    EXPECT_EQ(kind_of_failure(keeper, command({folder.path().string()})), Error::Kind::denied);
}

TEST(Keeper, WaitsForAFileThatIsStillBeingClosed) {
    const TemporaryFolder folder;
    const fs::path script = folder.path() / "script";
    Fd writer = open_file(script, O_WRONLY | O_CREAT, 0700);
    write_all(writer.get(), "#!/bin/sh\nexit 6\n", script);
    std::thread closer([&] {
        std::this_thread::sleep_for(milliseconds(20));
        writer.reset();
    });
    Keeper keeper;
    Collector out;
    EXPECT_EQ(keeper.run(command({script.string()}), out).code, 6);
    closer.join();
}

TEST(Keeper, NamesTheFolderThatIsMissing) {
    Keeper keeper;
    Command what = command({"true"});
    what.folder = "/no/such/folder";
    std::string message;
    EXPECT_EQ(kind_of_failure(keeper, what, &message), Error::Kind::not_found);
    EXPECT_THAT(message, HasSubstr("/no/such/folder"));
}

TEST(Keeper, GivesTheEnvironmentTheFolderAndNothingElse) {
    const TemporaryFolder folder;
    Keeper keeper;
    Collector out;
    Command what = shell("pwd; echo \"$A-$HOME\"; cat; ls /proc/self/fd | wc -l");
    what.environment.push_back("A=b c");
    what.folder = folder.path();
    EXPECT_EQ(keeper.run(what, out).code, 0);
    EXPECT_THAT(out.lines, ElementsAre(folder.path().string(), "b c-", "4"));  // 0, 1, 2 and the folder that ls reads
}

TEST(Keeper, LooksUpThePathOfTheCommandsEnvironment) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "mine") << "#!/bin/sh\necho mine\n";
    fs::permissions(folder.path() / "mine", fs::perms::owner_all);
    Keeper keeper;
    Collector out;
    Command what = command({"mine"});
    what.environment = {"PATH=/no/such:" + folder.path().string() + ":/usr/bin:/bin"};
    EXPECT_EQ(keeper.run(what, out).code, 0);
    EXPECT_THAT(out.lines, ElementsAre("mine"));
}

TEST(Keeper, PassesArgumentsAndVariablesOfAMegabyte) {
    Keeper keeper;
    Collector out;
    Command what = command({"sh", "-c", "echo $#", "sh"});
    for (int i = 0; i < 100; ++i)
        what.argv.emplace_back(10'000, 'x');
    what.environment.push_back("BIG=" + std::string(100'000, 'y'));
    EXPECT_EQ(keeper.run(what, out).code, 0);
    EXPECT_THAT(out.lines, ElementsAre("100"));
    what.argv.emplace_back(1'000'000, 'z');  // longer than the kernel takes
    EXPECT_THROW(keeper.run(what, out), Error);
}

TEST(Keeper, TakesMuchOutputWhole) {
    Keeper keeper;
    Collector out;
    const Exit exit = keeper.run(shell("yes 0123456789 | head -c 200000000"), out);
    EXPECT_EQ(exit.code, 0);
    EXPECT_EQ(out.size + out.count, 200'000'000u + (200'000'000u % 11 ? 1 : 0));
}

TEST(Keeper, CutsAHugeLineInFlatMemory) {
    Keeper keeper;
    Collector out;
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    EXPECT_EQ(keeper.run(shell("head -c 300000000 /dev/zero; echo; echo after"), out).code, 0);
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    ASSERT_EQ(out.count, 2u);
    EXPECT_EQ(out.lines[0], std::string(max_line, '\0'));
    EXPECT_EQ(out.lines[1], "after");
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 50'000);
}

TEST(Keeper, TicksWhileNothingIsSaidAndWhenItIsWoken) {
    Keeper keeper;
    Collector out;
    int ticks = 0;
    out.on_tick = [&] { ++ticks; };
    std::thread waker([&] { keeper.wake(); });
    keeper.run(shell("sleep 0.35"), out);
    waker.join();
    EXPECT_GE(ticks, 2);
}

TEST(Keeper, MeasuresWhatACommandUses) {
    const TemporaryFolder folder;
    Keeper keeper;
    Collector out;
    Command what = shell("head -c 40000000 /dev/urandom > data; tail -c +1 data | sort -S 60M -z > sorted");
    what.folder = folder.path();
    const Exit exit = keeper.run(what, out);
    EXPECT_EQ(exit.code, 0);
    EXPECT_GT(exit.usage.cpu_seconds, 0.01);
    EXPECT_GT(exit.usage.wall_seconds, 0.01);
    EXPECT_GT(exit.usage.peak_memory, 30'000'000u);
    EXPECT_LT(exit.usage.peak_memory, 1'000'000'000u);
    EXPECT_GE(exit.usage.bytes_written, 80'000'000u);
    EXPECT_GE(exit.usage.bytes_read, 80'000'000u);
    const Exit small = keeper.run(command({"true"}), out);  // nothing is carried over
    EXPECT_LT(small.usage.bytes_written, 1'000'000u);
    EXPECT_LT(small.usage.peak_memory, 30'000'000u);
}

TEST(Keeper, SumsTheMemoryOfTheWholeTree) {
    Keeper keeper;
    Collector out;
    const std::string eater = "head -c 30000000 /dev/zero | tail -c 29999999 | (sleep 0.6; wc -c) & ";
    const Exit exit = keeper.run(shell(eater + eater + eater + "wait"), out);
    EXPECT_GT(exit.usage.peak_memory, 80'000'000u);
}

// An engine that an environment left open works for the task whose own process only waits.
TEST(Keeper, MeasuresWhatTheBackgroundDoesForACommand) {
    const TemporaryFolder folder;
    Keeper keeper;
    Collector out;
    const std::string work = "head -c 40000000 /dev/zero | tail -c 39999999 | sha256sum > /dev/null";
    Command open = shell("(while [ ! -e go ]; do sleep 0.01; done; for i in 1 2 3 4; do " + work +
                         "; done; touch done; sleep 600) &");
    Command wait = shell("touch go; while [ ! -e done ]; do sleep 0.01; done");
    open.folder = wait.folder = folder.path();
    EXPECT_EQ(keeper.run(open, out, true).code, 0);
    const Exit exit = keeper.run(wait, out);
    EXPECT_EQ(exit.code, 0);
    EXPECT_GT(exit.usage.peak_memory, 35'000'000u);
    EXPECT_LT(keeper.run(command({"true"}), out).usage.cpu_seconds, exit.usage.cpu_seconds);
}

TEST(Keeper, KillsWhatEscapesIntoASessionOfItsOwn) {
    const Marked marked;
    Keeper keeper;
    Collector out;
    EXPECT_EQ(keeper
                  .run(shell("setsid " + marked.sleep() + " & (setsid sh -c '" + marked.sleep() + " & " +
                             marked.sleep() + "' &) ; exit 3"),
                       out)
                  .code,
              3);
    EXPECT_EQ(marked.alive(), 0u);
}

// Each process lives for a moment only, and starts the next one before it ends.
TEST(Keeper, KillsWhatForksAllTheTime) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "hop") << "#!/bin/sh\necho >> beat\nsetsid ./hop &\n";
    fs::permissions(folder.path() / "hop", fs::perms::owner_all);
    Command what = shell("./hop & setsid ./hop & exit 0");
    what.folder = folder.path();
    {
        Keeper keeper;
        Collector out;
        EXPECT_EQ(keeper.run(what, out).code, 0);
    }
    const auto beats = fs::file_size(folder.path() / "beat");
    EXPECT_GT(beats, 0u);
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_EQ(fs::file_size(folder.path() / "beat"), beats);
}

TEST(Keeper, PutsItsTreeIntoAGroupOfItsOwnWhereItMay) {
    Keeper keeper;
    Collector out;
    const std::string name = "atelier-" + std::to_string(::getpid()) + "-";
    std::string group;
    out.on_line = [&](std::string_view line) {
        if (line.starts_with("0::") && line.find(name) != std::string_view::npos) group = line.substr(4);
    };
    keeper.run(command({"cat", "/proc/self/cgroup"}), out);
    if (group.empty()) GTEST_SKIP() << "no control group of version 2 can be made here";
    EXPECT_GT(group.size(), name.size());
}

TEST(Keeper, LetsWhatOnlyLingersEnd) {
    Keeper keeper;
    Collector out;
    keeper.run(shell("(sleep 0.05; echo last words) & exit 0"), out);
    EXPECT_THAT(out.lines, ElementsAre("last words"));
}

TEST(Keeper, IsNotHeldUpByWhoKeepsThePipe) {
    const Marked marked;
    Keeper keeper;
    Collector out;
    bool done = false;
    out.on_line = [&](std::string_view line) { done = done || line == "done"; };
    keeper.run(shell("(while :; do echo noise; done) & setsid " + marked.sleep() + " & echo done; exit 0"), out);
    EXPECT_TRUE(done);
    EXPECT_EQ(marked.alive(), 0u);
}

TEST(Keeper, TerminatesTheGroup) {
    Keeper keeper;
    Collector out;
    out.on_line = [&](std::string_view line) {
        if (line == "ready") keeper.terminate();
    };
    const Exit exit =
        keeper.run(shell("trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.01; done"), out);
    EXPECT_EQ(exit.code, 5);
    EXPECT_THAT(out.lines, testing::Contains("caught"));
}

TEST(Keeper, KillsWhatIgnoresTheRequest) {
    const Marked marked;
    Keeper keeper;
    Collector out;
    out.on_line = [&](std::string_view line) {
        keeper.terminate();
        if (line == "ready") std::thread([&] { keeper.kill(); }).join();
    };
    const Exit exit = keeper.run(shell("trap '' TERM; setsid " + marked.sleep() + " & " + marked.sleep() +
                                       " & echo ready; while :; do sleep 1; done"),
                                 out);
    EXPECT_EQ(exit.signal, SIGKILL);
    EXPECT_FALSE(exit.out_of_memory);
    EXPECT_EQ(marked.alive(), 0u);
}

TEST(Keeper, KeepsTheBackgroundWhenItIsAskedTo) {
    const Marked daemon;
    const Marked passing;
    {
        Keeper keeper;
        Collector out;
        // It says more than a pipe holds, and must not be held up by that.
        const std::string talk = "(head -c 1000000 /dev/zero; exec " + daemon.sleep() + ")";
        EXPECT_EQ(keeper.run(shell("setsid sh -c '" + talk + "' & echo entered"), out, true).code, 0);
        EXPECT_TRUE(daemon.becomes(1));
        EXPECT_EQ(keeper.run(shell("setsid " + passing.sleep() + " & exit 0"), out).code, 0);
        EXPECT_EQ(passing.alive(), 0u);
        EXPECT_EQ(daemon.alive(), 1u);
        out.on_line = [&](std::string_view) { keeper.kill(); };
        EXPECT_EQ(keeper.run(shell(passing.sleep() + " & echo ready; wait"), out).signal, SIGKILL);
        EXPECT_EQ(passing.alive(), 0u);
        EXPECT_EQ(daemon.alive(), 1u);
    }
    EXPECT_EQ(daemon.alive(), 0u);
}

TEST(Keeper, LeavesNothingWhenTheWatcherThrows) {
    const Marked marked;
    {
        Keeper keeper;
        Collector out;
        out.on_line = [](std::string_view) { throw Error(Error::Kind::exhausted, "the disk is full"); };
        EXPECT_THROW(keeper.run(shell(marked.sleep() + " & echo line; wait"), out), Error);
        EXPECT_EQ(marked.alive(), 0u);
        out.on_line = {};
        EXPECT_EQ(keeper.run(shell("exit 4"), out).code, 4);
    }
}

// The program that uses a Keeper, killed at once; nothing of it may stay.
TEST(Keeper, LeavesNothingWhenTheProgramIsKilled) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the keeper comes to us when the program is gone
    const Marked marked;
    const pid_t program = ::fork();
    if (program == 0) {
        Keeper keeper;
        Collector out;
        keeper.run(shell("trap '' TERM HUP; (setsid sh -c \"trap '' TERM HUP; " + marked.sleep() + "\" &); setsid " +
                         marked.sleep() + " & " + marked.sleep() + "; wait"),
                   out);
        ::_exit(0);
    }
    EXPECT_TRUE(marked.becomes(3));
    const std::vector<pid_t> keepers = keepers_of(program, 1);
    ASSERT_EQ(keepers.size(), 1u);
    ::kill(program, SIGKILL);
    ::waitpid(program, nullptr, 0);
    EXPECT_TRUE(marked.becomes(0));
    EXPECT_EQ(::waitpid(keepers.front(), nullptr, 0), keepers.front());  // it came to us, and ends by itself
}

TEST(Keeper, LeavesNothingWhenItsProcessIsKilled) {
    const Marked marked;
    Keeper keeper;
    Keeper other;
    Collector out;
    const std::vector<pid_t> keepers = keepers_of(::getpid(), 2);
    ASSERT_EQ(keepers.size(), 2u);
    out.on_line = [&](std::string_view) { ::kill(keepers[0], SIGKILL); };
    try {
        keeper.run(shell("trap '' TERM; setsid " + marked.sleep() + " & (setsid " + marked.sleep() +
                         " &); echo ready; " + marked.sleep()),
                   out);
        ADD_FAILURE() << "it went on";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::unavailable);
    }
    EXPECT_EQ(marked.alive(), 0u);
    out.on_line = {};
    EXPECT_EQ(keeper.run(command({"true"}), out).code, 0);  // a new one is there
    EXPECT_EQ(other.run(command({"true"}), out).code, 0);   // and the other wasn't touched
}

TEST(Keeper, RunsManyTimesWithoutLosingADescriptor) {
    Keeper keeper;
    Collector out;
    keeper.run(command({"true"}), out);
    const std::vector<pid_t> keepers = keepers_of(::getpid(), 1);
    ASSERT_EQ(keepers.size(), 1u);
    const std::size_t ours = open_descriptors(::getpid());
    ASSERT_TRUE(in_time([&] { return open_descriptors(keepers.front()) == 4; }));  // 0, 1, 2 and the socket
    for (int i = 0; i < 500; ++i)
        ASSERT_EQ(keeper.run(command({"sh", "-c", ":"}), out).code, 0);
    EXPECT_THROW(keeper.run(command({"no-such-program"}), out), Error);
    EXPECT_EQ(open_descriptors(::getpid()), ours);
    EXPECT_TRUE(in_time([&] { return open_descriptors(keepers.front()) == 4; }));
}

// A memory cgroup (of either version) that this process may make, or nothing.
class MemoryCgroup {
public:
    MemoryCgroup() {
        for (const auto& [root, limit] :
             {std::pair{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, std::pair{"/sys/fs/cgroup", "memory.max"}}) {
            const fs::path folder = fs::path(root) / ("atelier-test-" + random_id(8));
            std::error_code ignored;
            if (!fs::create_directory(folder, ignored)) continue;
            folder_ = folder;
            if (fs::exists(folder / limit) && std::ofstream(folder / limit) << "33554432" << std::flush) return;
            fs::remove(folder, ignored);
            folder_.clear();
        }
    }
    ~MemoryCgroup() {
        for (int i = 0; i < 100 && !folder_.empty() && ::rmdir(folder_.c_str()) != 0; ++i)
            std::this_thread::sleep_for(milliseconds(20));
    }
    const fs::path& folder() const { return folder_; }

private:
    fs::path folder_;
};

TEST(Keeper, SaysThatTheKernelKilledForMemory) {
    const MemoryCgroup group;
    if (group.folder().empty())
        GTEST_SKIP() << "no memory cgroup can be made here (it takes root and a writable /sys/fs/cgroup)";
    Keeper keeper;
    Collector out;
    const std::string eat = "echo $$ > " + (group.folder() / "cgroup.procs").string() + " || exit 99; ";
    const Exit leader = keeper.run(shell(eat + "exec tail /dev/zero"), out);
    ASSERT_NE(leader.code, 99);
    EXPECT_EQ(leader.signal, SIGKILL);
    EXPECT_TRUE(leader.out_of_memory);
    const Exit child = keeper.run(shell(eat + "sleep 0.2; tail /dev/zero; exit $?"), out);
    EXPECT_EQ(child.code, 128 + SIGKILL);
    EXPECT_TRUE(child.out_of_memory);
    const Exit killed = keeper.run(shell("kill -KILL $$"), out);
    EXPECT_EQ(killed.signal, SIGKILL);
    EXPECT_FALSE(killed.out_of_memory);
}

}  // namespace
}  // namespace atelier::process
