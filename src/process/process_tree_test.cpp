#include "process/process_tree.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace atelier::process {
namespace {

TEST(ProcessTree, FindsAProcessUntilItIsReaped) {
    const auto own = find_process(::getpid());
    ASSERT_TRUE(own);
    EXPECT_EQ(own->parent, ::getppid());
    EXPECT_GT(own->memory, 0u);
    EXPECT_GT(own->began, 0);
    EXPECT_FALSE(own->ended);

    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    const auto ended = find_process(child);
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->ended);
    EXPECT_EQ(ended->parent, ::getpid());
    EXPECT_GE(ended->began, own->began);
    ::waitpid(child, nullptr, 0);
    EXPECT_FALSE(find_process(child));
}

TEST(ProcessTree, CountsWhatAProcessHasComputed) {
    const double before = find_process(::getpid())->cpu_seconds;
    volatile std::uint64_t sum = 0;
    while (find_process(::getpid())->cpu_seconds < before + 0.03)
        sum = sum + 1;
    EXPECT_GT(find_process(::getpid())->cpu_seconds, before);
}

}  // namespace
}  // namespace atelier::process
