#include "session/directives.h"

#include <gtest/gtest.h>

namespace atelier::session {
namespace {

using Kind = Directive::Kind;

TEST(Directives, TakeTheExactPrefix) {
    const Directive progress = parse_directive("openjd_progress: 42.5 ");
    EXPECT_EQ(progress.kind, Kind::progress);
    EXPECT_EQ(progress.number, 42.5);
    EXPECT_EQ(parse_directive("openjd_status: at  work ").text, "at  work ");
    EXPECT_EQ(parse_directive("openjd_fail: no licence").text, "no licence");
    EXPECT_EQ(parse_directive("openjd_session_runtime_loglevel: Warning").level, LogLevel::warning);
    EXPECT_EQ(parse_directive("atelier_preview: out/1.png").text, "out/1.png");
    const Directive metric = parse_directive("atelier_metric: loss/train=0.25");
    EXPECT_EQ(metric.name, "loss/train");
    EXPECT_EQ(metric.number, 0.25);
    for (const char* other : {"", "openjd_progress:42", " openjd_status: x", "OPENJD_STATUS: x", "x openjd_fail: y",
                              "openjd_environment_setup: x", "openjd_envy", "openjd_nothing: x"})
        EXPECT_EQ(parse_directive(other).kind, Kind::none) << other;
}

TEST(Directives, OfBrokenNumbersAreBroken) {
    for (const char* line : {"openjd_progress: ", "openjd_progress: x", "openjd_progress: -1", "openjd_progress: 100.1",
                             "openjd_progress: nan", "openjd_progress: inf", "atelier_metric: a", "atelier_metric: =1",
                             "atelier_metric: a=b", "atelier_metric: a b=1", "openjd_session_runtime_loglevel: LOUD"})
        EXPECT_FALSE(parse_directive(line).broken.empty()) << line;
    EXPECT_TRUE(parse_directive("openjd_progress: 0").broken.empty());
    EXPECT_TRUE(parse_directive("openjd_progress: 100").broken.empty());
}

TEST(Directives, SetVariables) {
    const Directive plain = parse_directive("openjd_env: A_1=x=y z ");
    EXPECT_EQ(plain.kind, Kind::env);
    EXPECT_EQ(plain.name, "A_1");
    EXPECT_EQ(plain.text, "x=y z ");
    const Directive json = parse_directive("openjd_env: \"LINES=one\\ntwo\\u20ac\"");
    EXPECT_EQ(json.name, "LINES");
    EXPECT_EQ(json.text, "one\ntwo€");
    EXPECT_EQ(parse_directive("openjd_env: EMPTY=").broken, "");
    EXPECT_EQ(parse_directive("openjd_unset_env: NAME").name, "NAME");
}

TEST(Directives, OfBrokenVariablesAreBroken) {
    for (const char* line : {"openjd_env: ", "openjd_env: A", "openjd_env: =x", "openjd_env: 1A=x", "openjd_env: A =x",
                             "openjd_env: \"A=x", "openjd_env: \"A\"", "openjd_env: {\"A\":\"x\"}",
                             "openjd_env: \"A=\\u0000\"", "openjd_env:A=x", "OpenJD_Env: A=x", "  openjd_env: A=x",
                             "openjd_env", "openjd_unset_env: A=x", "openjd_unset_env: 1A", "openjd_unset_env:A"}) {
        const Directive directive = parse_directive(line);
        EXPECT_FALSE(directive.broken.empty()) << line;
        EXPECT_TRUE(directive.kind == Kind::env || directive.kind == Kind::unset_env) << line;
    }
    EXPECT_FALSE(parse_directive(std::string("openjd_env: A=\0x", 16)).broken.empty());
}

TEST(Directives, NameTheSecretAlsoWhenTheyAreBroken) {
    EXPECT_EQ(parse_directive("openjd_redacted_env: A=s3cret").secret, "s3cret");
    EXPECT_EQ(parse_directive("openjd_redacted_env: A =s3cret").secret, "s3cret");
    EXPECT_EQ(parse_directive("openjd_redacted_env: s3cret").secret, "s3cret");
    EXPECT_EQ(parse_directive("OPENJD_redacted_env: A=s3cret").secret, "s3cret");
    EXPECT_EQ(parse_directive("openjd_redacted_env:A=s3cret").secret, "s3cret");
    const Directive json = parse_directive("openjd_redacted_env: \"A=one\\ntwo\"");
    EXPECT_EQ(json.secret, "one\\ntwo\"");
    EXPECT_EQ(json.text, "one\ntwo");
}

}  // namespace
}  // namespace atelier::session
