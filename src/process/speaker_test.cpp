#include "process/speaker.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

namespace atelier::process {
namespace {

template <class Action>
std::string said(const Action& action, int status = 0) {
    std::ostringstream out;
    EXPECT_EQ(as_task(out, action), status);
    return out.str();
}

TEST(Speaker, ProgressIsToldInWholePercentsAndNeverBack) {
    EXPECT_EQ(said([](Speaker& speaker) {
                  for (const double percent : {0.0, 0.9, 12.7, 12.9, 5.0, -3.0, 13.0, 250.0, 100.0})
                      speaker.progress(percent);
                  return 0;
              }),
              "openjd_progress: 0\nopenjd_progress: 12\nopenjd_progress: 13\nopenjd_progress: 100\n");
}

TEST(Speaker, EachThingSaidIsOneLine) {
    EXPECT_EQ(said([](Speaker& speaker) {
                  speaker.status("two\nlines\r\x1b[1m");
                  speaker.log("openjd_fail in the middle \xff");
                  speaker.preview("a b.png");
                  speaker.metric("bytes", 12);
                  speaker.status("");
                  return 0;
              }),
              "openjd_status: two lines  [1m\nopenjd_fail in the middle \\xff\natelier_preview: a b.png\n"
              "atelier_metric: bytes=12\nopenjd_status: \n");
}

TEST(Speaker, WhatIsThrownIsAFailure) {
    EXPECT_EQ(said([](Speaker&) { return 7; }, 7), "");
    EXPECT_EQ(said([](Speaker&) -> int { throw Error(Error::Kind::invalid, "it can't be"); }, 1),
              "openjd_fail: it can't be\n");
    EXPECT_EQ(said([](Speaker&) -> int { throw Error(Error::Kind::invalid, "no\nsize", "say 16x9", "a.ini:3"); }, 1),
              "openjd_fail: a.ini:3: no size (say 16x9)\n");
    EXPECT_EQ(said([](Speaker&) -> int { throw std::runtime_error("other"); }, 1), "openjd_fail: other\n");
}

TEST(Speaker, ManyMaySpeakAtOnce) {
    std::ostringstream out;
    Speaker speaker(out);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                for (int k = 0; k < 100; ++k)
                    speaker.log("a whole line");
            });
    }
    std::istringstream lines(out.str());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        EXPECT_EQ(line, "a whole line");
    EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace atelier::process
