#include "worker/log_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/testing.h"

namespace atelier::worker {
namespace {

using testing::FakeLink;

TEST(LogWriter, AttemptsAreRangesOfTheSession) {
    FakeLink link;
    LogWriter log(link, "job", "session");
    EXPECT_EQ(log.begin_attempt(), 0u);
    log.line("one");
    const auto first = log.end_attempt();
    log.begin_attempt();
    log.line("two");
    const auto second = log.end_attempt();
    EXPECT_EQ(link.log.substr(first.begin, first.end - first.begin), "one\n");
    EXPECT_EQ(link.log.substr(second.begin, second.end - second.begin), "two\n");
    log.close();
    EXPECT_TRUE(link.log_ended);
}

TEST(LogWriter, EndlessOutputIsCutInTheMiddle) {
    FakeLink link;
    LogWriter log(link, "job", "session");
    log.begin_attempt();
    const std::string line(64 * 1024 - 1, 'x');
    for (int i = 0; i < 2000; ++i)
        log.line(line);  // 128 MB
    log.line("the last words");
    log.end_attempt();
    EXPECT_LT(link.log.size(), 80u << 20);
    EXPECT_THAT(link.log.substr(link.log.size() - 100), ::testing::HasSubstr("the last words\n"));
    EXPECT_NE(link.log.find("of output are left out here"), std::string::npos);
}

TEST(LogWriter, SilenceWritesNothing) {
    FakeLink link;
    LogWriter log(link, "job", "session");
    log.begin_attempt();
    const auto range = log.end_attempt();
    EXPECT_EQ(range.begin, range.end);
    EXPECT_EQ(link.pieces, 0);
}

}  // namespace
}  // namespace atelier::worker
