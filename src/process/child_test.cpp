#include "process/child.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/testing.h"

namespace atelier::process {
namespace {

using testing_support::error_of;

TEST(Child, LinesComplaintsAndTheExitCode) {
    std::vector<std::string> lines;
    const ChildEnd end = run_child({"sh", "-c", "echo one; printf two; echo bad >&2; exit 7"},
                                   {.input = {}, .line = [&](std::string_view line) { lines.emplace_back(line); }});
    EXPECT_EQ(end.code, 7);
    EXPECT_EQ(end.complaints, "bad\n");
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
}

TEST(Child, WhatItIsFedComesOut) {
    const std::string block(100'000, 'x');
    int left = 30;
    std::size_t got = 0;
    const ChildEnd end =
        run_child({"fold", "-w", "1000"}, {.input = [&] { return left-- > 0 ? std::string_view(block) : ""; },
                                           .line = [&](std::string_view line) { got += line.size(); }});
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(got, 3'000'000u);
}

TEST(Child, OneThatDoesNotReadItsInputIsNoSignalForUs) {
    const std::string block(1 << 20, 'x');
    const ChildEnd end = run_child({"true"}, {.input = [&] { return std::string_view(block); }, .line = {}});
    EXPECT_EQ(end.code, 0);
}

TEST(Child, ASignalIsTold) { EXPECT_EQ(run_child({"sh", "-c", "kill -9 $$"}).code, 137); }

TEST(Child, OnlyTheEndOfMuchComplainingIsKept) {
    const ChildEnd end = run_child({"sh", "-c", "seq 1 100000 >&2"});
    EXPECT_LE(end.complaints.size(), 32u * 1024);
    EXPECT_TRUE(end.complaints.ends_with("100000\n"));
}

TEST(Child, AProgramThatIsNotThereIsNamed) {
    const Error error = error_of([] { run_child({"no-such-program-here"}); });
    EXPECT_EQ(error.kind(), Error::Kind::not_found);
    EXPECT_NE(std::string(error.what()).find("no-such-program-here"), std::string::npos);
}

// The child would sleep for ever: that this test ends shows that it was killed.
TEST(Child, WhatAStreamThrowsEndsIt) {
    EXPECT_THROW(run_child({"sh", "-c", "echo ready; exec sleep 1000000"},
                           {.input = {}, .line = [](std::string_view) { throw std::runtime_error("enough"); }}),
                 std::runtime_error);
}

}  // namespace
}  // namespace atelier::process
