#include "pipelines/povray/scene_template.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace atelier::pipelines::povray {
namespace {

using testing_support::error_of;

TEST(SceneTemplate, IsFilled) {
    const Row row{{"x", "1.5"}, {"name.of", "ball"}};
    EXPECT_EQ(fill("sphere { <{{ x }},0,{{x}}>, 1 } // {{name.of}}", row, "t"), "sphere { <1.5,0,1.5>, 1 } // ball");
    EXPECT_EQ(fill("", row, "t"), "");
    EXPECT_EQ(fill("{{ two words }} {{", row, "t"), "{{ two words }} {{");
    EXPECT_EQ(placeholders_in("{{a}}\n{{ b }} {{a}}"), (std::set<std::string>{"a", "b"}));
}

TEST(SceneTemplate, AValueIsNotFilledAgain) { EXPECT_EQ(fill("{{a}}", {{"a", "{{b}}"}}, "t"), "{{b}}"); }

TEST(SceneTemplate, WhatHasNoValueIsToldWithItsLine) {
    EXPECT_EQ(error_of([] { fill("\n\n{{ y }}", {}, "t.pov"); }).where(), "t.pov:3");
}

TEST(Csv, QuotesAndLineEnds) {
    const auto rows = parse_rows("a,b\r\n1,\"x, \"\"y\"\"\"\r\n\n\"two\nlines\",3", "t.csv");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].at("b"), "x, \"y\"");
    EXPECT_EQ(rows[1].at("a"), "two\nlines");
    EXPECT_EQ(rows[1].at("b"), "3");
}

TEST(Csv, WhatIsBrokenIsToldWithItsLine) {
    EXPECT_EQ(error_of([] { parse_csv("", "t"); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([] { parse_csv("a,b\n1,2\n1\n", "t"); }).where(), "t:3");
    EXPECT_EQ(error_of([] { parse_csv("a,b\n1,\"2\n", "t"); }).where(), "t:2");
    EXPECT_EQ(error_of([] { parse_csv("a,b c\n", "t"); }).where(), "t:1");
}

TEST(JsonRows, TextsAndNumbers) {
    const auto rows = parse_rows(R"([{"a": "x", "n": 1.5, "i": 3, "t": true}])", "t.json");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].at("n"), "1.5");
    EXPECT_EQ(rows[0].at("i"), "3");
    EXPECT_EQ(error_of([] { parse_rows(R"([{"a": []}])", "t.json"); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([] { parse_rows("{}", "t.json"); }).kind(), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::povray
