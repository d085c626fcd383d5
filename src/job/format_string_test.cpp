#include "job/format_string.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace atelier::job {
namespace {

TEST(FormatString, ResolvesNames) {
    const FormatString format = FormatString::parse("frame {{ Task.Param.F }}/{{Param.Last}}{single}");
    EXPECT_EQ(format.names(), (std::vector<std::string>{"Task.Param.F", "Param.Last"}));
    EXPECT_FALSE(format.is_literal());
    EXPECT_EQ(format.literal_characters(), 15u);
    EXPECT_EQ(format.resolve({{"Task.Param.F", "7"}, {"Param.Last", "{{x}}"}}), "frame 7/{{x}}{single}")
        << "values aren't resolved again";
    EXPECT_THROW(format.resolve({{"Task.Param.F", "7"}}), Error);
}

TEST(FormatString, LiteralsStayAsTheyAre) {
    for (const char* text : {"", "plain", "{", "}", "{a}", "} {", "a { b } c", "é😀"}) {
        const FormatString format = FormatString::parse(text);
        EXPECT_TRUE(format.is_literal());
        EXPECT_EQ(format.resolve({}), text);
    }
    EXPECT_EQ(FormatString::parse("é😀").literal_characters(), 2u);
    EXPECT_EQ(FormatString().resolve({}), "");
}

TEST(FormatString, BrokenOnesAreRefused) {
    for (const char* text :
         {"{{", "}}", "{{}}", "{{ }}", "{{ A", "A }}", "{{ {{ A }}", "{{A.{{B}}}}", "{{A..B}}", "{{.A}}", "{{A.}}",
          "{{1A}}", "{{A-B}}", "{{A B}}", "{{A + 1}}", "{{{A}}}", "{{A}} }}", "}} {{A}}", "{{é}}"})
        EXPECT_THROW(FormatString::parse(text), Error) << text;
}

TEST(FormatString, ManyNamesAreNoTrouble) {
    std::string text;
    for (int i = 0; i < 100'000; ++i)
        text += "{{A}}";
    EXPECT_EQ(FormatString::parse(text).resolve({{"A", "x"}}).size(), 100'000u);
}

}  // namespace
}  // namespace atelier::job
