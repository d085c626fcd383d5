#include "job/literal_text.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>

#include "job/format_string.h"

namespace atelier::job {
namespace {

const Symbols values{{"Param.OpeningBrace", "{"}, {"Param.ClosingBrace", "}"}, {"Param.Out", "/out"}};

TEST(LiteralText, ComesOutAsItWentIn) {
    for (const char* text : {"", "plain", "{", "}", "{a}", "a{b", "{{", "}}", "{{{", "}}}}", "{{Param.Out}}", "{}{}",
                             "{\"a\":{\"b\":{}}}", "}}{{", "{{}}", "{ {", "{{a}} and {b} and }}"}) {
        LiteralText literal;
        EXPECT_EQ(FormatString::parse(literal(text)).resolve(values), text);
        EXPECT_EQ(FormatString::parse("{{Param.Out}}/" + literal(text) + ".png").resolve(values),
                  "/out/" + std::string(text) + ".png");
    }
}

TEST(LiteralText, ParametersAreDefinedWhereTheyAreNeeded) {
    LiteralText literal;
    json::Array parameters;
    EXPECT_EQ(literal("a {b} c"), "a {b} c");
    literal.define(parameters);
    EXPECT_TRUE(parameters.empty());
    literal("{{b}}");
    literal("none here");
    literal.define(parameters);
    EXPECT_EQ(json::text(parameters), R"([{"name":"OpeningBrace","type":"STRING","default":"{"},)"
                                      R"({"name":"ClosingBrace","type":"STRING","default":"}"}])");
}

}  // namespace
}  // namespace atelier::job
