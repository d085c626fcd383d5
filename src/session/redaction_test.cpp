#include "session/redaction.h"

#include <gtest/gtest.h>

namespace atelier::session {
namespace {

TEST(Redactor, HidesEveryOccurrence) {
    Redactor redactor;
    EXPECT_EQ(redactor.apply("abc"), "abc");
    redactor.hide("secret");
    EXPECT_EQ(redactor.apply("a secret, secretsecret."), "a ********, ********.");
    EXPECT_EQ(redactor.apply(""), "");
    redactor.hide("");
    EXPECT_EQ(redactor.apply("abc"), "abc");
}

TEST(Redactor, JoinsSecretsThatOverlap) {
    Redactor redactor;
    redactor.hide("abc");
    redactor.hide("cde");
    EXPECT_EQ(redactor.apply("xabcdex"), "x********x");
    redactor.hide("aa");
    EXPECT_EQ(redactor.apply("aaa"), "********");
}

TEST(Redactor, HidesTheLinesOfALongSecret) {
    Redactor redactor;
    redactor.hide("-----BEGIN KEY-----\nMIIEow\r\n{\nlast");
    EXPECT_EQ(redactor.apply("it is -----BEGIN KEY-----"), "it is ********");
    EXPECT_EQ(redactor.apply(">MIIEow<"), ">********<");
    EXPECT_EQ(redactor.apply("at last"), "at ********");
    EXPECT_EQ(redactor.apply("{"), "********");
    EXPECT_EQ(redactor.apply("{}"), "{}");  // too short to be hidden everywhere
}

TEST(Redactor, HidesTheBeginningOfASecretThatIsCutOff) {
    Redactor redactor;
    redactor.hide("secret");
    EXPECT_EQ(redactor.apply("xsecr", true), "x********");
    EXPECT_EQ(redactor.apply("xsecr", false), "xsecr");
}

TEST(Redactor, HidesWithAndWithoutTheBlanksAround) {
    Redactor redactor;
    redactor.hide(" pass ");
    EXPECT_EQ(redactor.apply("[ pass ] [pass]"), "[********] [********]");
}

TEST(Redactor, TakesSoManyAndNoMore) {
    Redactor redactor;
    for (std::size_t i = 0; i < most_secrets; ++i)
        EXPECT_TRUE(redactor.hide("secret" + std::to_string(i) + "."));
    EXPECT_FALSE(redactor.hide("one more"));
    EXPECT_EQ(redactor.apply("secret7."), "********");
}

TEST(Redactor, KeepsACommandsSecretsOutOfTheLog) {
    EXPECT_EQ(without_declared_secrets("echo 'openjd_redacted_env: A=b' done"), "echo 'openjd_redacted_env: ********");
    EXPECT_EQ(without_declared_secrets("echo x"), "echo x");
}

}  // namespace
}  // namespace atelier::session
