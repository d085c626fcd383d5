#include "wire/log_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "wire/submission.h"

namespace atelier::wire {
namespace {

using testing::HasSubstr;
using testing_support::error_of;

std::optional<ResultClass> told_by(const std::string& line, const std::vector<LogRule>& rules = {}) {
    const auto finding = judge_log(rules, {"begun", line, "ended"});
    return finding ? std::optional(finding->result) : std::nullopt;
}

TEST(LogRules, OfEveryCraft) {
    EXPECT_EQ(told_by("write: No space left on device"), ResultClass::failed_resource);
    EXPECT_EQ(told_by("torch: CUDA out of memory. Tried to allocate 2.00 GiB"), ResultClass::failed_resource);
    EXPECT_EQ(told_by("Error: Out of GPU memory"), ResultClass::failed_resource);
    EXPECT_EQ(told_by("terminate called after throwing an instance of 'std::bad_alloc'"), ResultClass::failed_resource);
    EXPECT_EQ(told_by("ERROR: License checkout failed (-4,132)"), ResultClass::failed_licence);
    EXPECT_EQ(told_by("the licence server: not available"), ResultClass::failed_licence);
    EXPECT_EQ(told_by("There are no more licenses"), ResultClass::failed_licence);
    for (const char* line : {"", "Error: frame 7", "licensed under the GPL", "The file is not available",
                             "this file's license is MIT", "no more frames"})
        EXPECT_EQ(told_by(line), std::nullopt) << line;
}

TEST(LogRules, OfTheJobComeFirstAndInOrder) {
    const std::vector<LogRule> rules = {{"^frame \\d+ lost$", ResultClass::interrupted},
                                        {"frame", ResultClass::stalled},
                                        {"No space", ResultClass::failed_app}};
    EXPECT_EQ(told_by("frame 12 lost", rules), ResultClass::interrupted);
    EXPECT_EQ(told_by("frame 12 lost.", rules), ResultClass::stalled);
    EXPECT_EQ(told_by("No space left on device", rules), ResultClass::failed_app);
    const auto finding = judge_log(rules, {"frame 1 lost", "frame 2 lost", "frame"});
    EXPECT_EQ(finding->line, "frame 2 lost");
    EXPECT_EQ(judge_log(rules, {}), std::nullopt);
}

TEST(LogRules, TakeLinearTimeWhateverTheyAre) {
    const std::vector<LogRule> rules = {{"(a*)*(a|aa)+c$", ResultClass::failed_app},
                                        {"(x+x+)+y", ResultClass::failed_app},
                                        {"(.*)(.*)(.*)(.*)(.*)z", ResultClass::failed_app}};
    check_log_rules(rules);
    EXPECT_EQ(judge_log(rules, std::vector<std::string>(50, std::string(100'000, 'a') + "!")), std::nullopt);
    EXPECT_EQ(told_by(std::string(log_line_looked_at, 'a') + " needle", {{"needle", ResultClass::failed_app}}),
              std::nullopt);
}

TEST(LogRules, BytesThatAreNoTextDoNoHarm) {
    EXPECT_EQ(told_by(std::string("\xff\xfe\0No space left on device", 27)), ResultClass::failed_resource);
    EXPECT_EQ(told_by("\xff", {{"\\xff", ResultClass::failed_app}}), std::nullopt);
}

TEST(LogRules, WrongOnesAreRefusedByName) {
    const auto refusal = [](const std::string& pattern, ResultClass result) {
        const Error error = error_of([&] { check_log_rules({{"fine", ResultClass::stalled}, {pattern, result}}); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid);
        return std::string(error.what()) + error.hint();
    };
    EXPECT_THAT(refusal("a(b", ResultClass::failed_app), HasSubstr("\"a(b\""));
    EXPECT_THAT(refusal("(a)\\1", ResultClass::failed_app), HasSubstr("not a regular expression"));
    EXPECT_THAT(refusal("a", ResultClass::succeeded), HasSubstr("failed_licence"));
    for (const ResultClass result : {ResultClass::canceled, ResultClass::timeout, ResultClass::never_attempted,
                                     ResultClass::lost_fenced, ResultClass::succeeded})
        refusal("a", result);
    refusal("", ResultClass::failed_app);
    refusal(std::string(2000, 'a'), ResultClass::failed_app);
    refusal("((((a{1000}){1000}){1000}){1000})", ResultClass::failed_app);
    refusal(std::string(1000, '('), ResultClass::failed_app);
    EXPECT_THROW(check_log_rules(std::vector<LogRule>(33, {"a", ResultClass::stalled})), Error);
    Settings settings;
    settings.log_rules = {{"[", ResultClass::failed_app}};
    EXPECT_THROW(check(settings), Error);
}

TEST(LogRules, AreReadFromOneArgument) {
    const LogRule rule = parse_log_rule("key=value \\d=failed_licence");
    EXPECT_EQ(rule.pattern, "key=value \\d");
    EXPECT_EQ(rule.result, ResultClass::failed_licence);
    for (const char* text : {"", "=", "a", "a=", "=failed_app", "a=canceled", "[=failed_app", "a=FAILED"})
        EXPECT_EQ(error_of([&] { parse_log_rule(text); }).kind(), Error::Kind::invalid) << text;
}

}  // namespace
}  // namespace atelier::wire
