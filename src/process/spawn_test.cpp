#include "process/spawn.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::process {
namespace {

using testing_support::error_of;

struct Spawn : testing::Test {
    std::string said(const std::string& script, const std::vector<std::string>& variables = {}) {
        const pid_t process = start_in_background({"sh", "-c", script}, output, variables);
        int status = -1;
        EXPECT_EQ(::waitpid(process, &status, 0), process);
        EXPECT_EQ(status, 0);
        return read_file(output);
    }
    const TemporaryFolder folder;
    const std::string output = folder.path() / "output";
};

TEST_F(Spawn, BothOfItsOutputsGoToTheFile) {
    write_file_durably(output, "something longer that was there before");
    EXPECT_EQ(said("echo out; echo err >&2; cat"), "out\nerr\n");
}

TEST_F(Spawn, VariablesTakeThePlaceOfOurs) {
    ::setenv("ATELIER_TEST_NAME", "ours", 1);
    ::setenv("ATELIER_TEST_NAME_TOO", "ours too", 1);
    EXPECT_EQ(said("echo $ATELIER_TEST_NAME, $ATELIER_TEST_NAME_TOO, $ATELIER_TEST_MORE",
                   {"ATELIER_TEST_NAME=theirs", "ATELIER_TEST_MORE=a=b"}),
              "theirs, ours too, a=b\n");
    EXPECT_EQ(said("env | grep -c '^ATELIER_TEST_NAME='", {"ATELIER_TEST_NAME=theirs"}), "1\n");
}

TEST_F(Spawn, ItLeadsASessionOfItsOwnAndTakesSignals) {
    const pid_t process = start_in_background({"sleep", "100"}, output);
    EXPECT_EQ(::getsid(process), process);
    ::kill(-process, SIGTERM);
    int status = 0;
    ASSERT_EQ(::waitpid(process, &status, 0), process);
    EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(Spawn, WhatIsNotThereIsToldByName) {
    const Error error = error_of([&] { start_in_background({"no-such-program"}, output); });
    EXPECT_EQ(error.kind(), Error::Kind::not_found);
    EXPECT_NE(std::string(error.what()).find("no-such-program"), std::string::npos);
}

}  // namespace
}  // namespace atelier::process
