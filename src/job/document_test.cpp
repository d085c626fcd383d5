#include "job/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atelier::job {
namespace {

using testing::HasSubstr;

struct Parsed {
    std::optional<Node> root;
    std::vector<Problem> problems;
    std::string said() const { return describe(problems, "T"); }
};

Parsed yaml(std::string_view text) {
    Parsed parsed;
    parsed.root = parse_yaml(text, parsed.problems);
    return parsed;
}

Parsed json(std::string_view text) {
    Parsed parsed;
    parsed.root = parse_json(text, parsed.problems);
    return parsed;
}

const Node& at(const Parsed& parsed, std::string_view key) { return parsed.root->find(key)->value; }

std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    while (times-- > 0)
        text += part;
    return text;
}

TEST(Document, KnowsThePlaceOfKeysAndValues) {
    const Parsed parsed = yaml("a: 1\nlist:\n  - x\n  - key: value\n");
    ASSERT_TRUE(parsed.root);
    EXPECT_EQ(at(parsed, "a").mark.line, 1);
    EXPECT_EQ(at(parsed, "a").mark.column, 4);
    const Node& map = at(parsed, "list").items[1];
    EXPECT_EQ(map.entries[0].mark.line, 4);
    EXPECT_EQ(map.entries[0].mark.column, 5);
    EXPECT_EQ(map.entries[0].value.mark.column, 10);

    const Parsed same = json("{\"a\": 1,\n \"list\": [\"x\",\n  {\"key\": \"value\"}]}");
    ASSERT_TRUE(same.root) << same.said();
    EXPECT_EQ(at(same, "list").items[1].entries[0].mark.line, 3);
    EXPECT_EQ(at(same, "list").items[1].entries[0].mark.column, 4);
    EXPECT_EQ(at(same, "list").items[1].entries[0].value.mark.column, 11);
}

TEST(Document, PlainScalarsFollowTheCoreSchema) {
    const auto kind = [](const std::string& text) { return at(yaml("a: " + text), "a").kind; };
    for (const char* text : {"", "~", "null", "NULL"})
        EXPECT_EQ(kind(text), Node::Kind::null) << text;
    for (const char* text : {"true", "False", "TRUE"})
        EXPECT_EQ(kind(text), Node::Kind::boolean) << text;
    for (const char* text : {"0", "-17", "+3", "007", "0o17", "0x1F"})
        EXPECT_EQ(kind(text), Node::Kind::integer) << text;
    for (const char* text : {"1.5", "-.5", "1.", "1e3", "+1.5E-3", ".inf", "-.INF", ".nan"})
        EXPECT_EQ(kind(text), Node::Kind::real) << text;
    for (const char* text :
         {"yes", "on", "'1'", "\"true\"", "1_000", "1:30", "0b1", "1e", ".", "1-10", "2024-01-01", "!!str 1"})
        EXPECT_EQ(kind(text), Node::Kind::string) << text;
    EXPECT_EQ(at(yaml("a: 0x1F"), "a").text, "31");
    EXPECT_EQ(at(yaml("a: 3.500"), "a").text, "3.500") << "the text of a number is kept";
}

TEST(Document, ADuplicateKeyNamesBothLines) {
    const Parsed parsed = yaml("steps:\n- name: a\n  script: 1\n  name: b\n");
    ASSERT_EQ(parsed.problems.size(), 1u);
    EXPECT_EQ(parsed.said(), "T:4:3: steps[0].name: the key \"name\" stands twice, in line 2 and in line 4");
    EXPECT_EQ(at(parsed, "steps").items[0].find("name")->value.text, "a");
    EXPECT_EQ(at(parsed, "steps").items[0].entries.size(), 2u);
    EXPECT_THAT(json("{\"a\": 1,\n\"b\": 2,\n\"a\": 3}").said(), HasSubstr("in line 1 and in line 3"));
    EXPECT_LE(yaml(repeated("k: 1\n", 10'000)).problems.size(), max_problems);
}

TEST(Document, AliasesAreCopiedAndBounded) {
    const Parsed parsed = yaml("a: &x [1, 2]\nb: *x\n");
    ASSERT_TRUE(parsed.root);
    EXPECT_EQ(at(parsed, "b").items.size(), 2u);

    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string previous = "*a" + std::to_string(i - 1) + ", ";
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(previous, 10) + "]\n";
    }
    EXPECT_FALSE(yaml(bomb).root);
    EXPECT_THAT(yaml(bomb).said(), HasSubstr("more than 1000000 values"));
    EXPECT_THAT(yaml("a: &x [*x]").said(), HasSubstr("inside of what it names"));
    EXPECT_THAT(yaml("a: *nobody").said(), HasSubstr("T:1:4"));

    std::string deep = "a0: &a0 [x]\n";  // each level hangs the one before it below two more lists
    for (int i = 1; i < 40; ++i)
        deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [[*a" + std::to_string(i - 1) + "]]\n";
    EXPECT_THAT(yaml(deep).said(), HasSubstr("nested deeper"));

    const std::string large = "a: &x '" + std::string(1 << 20, 'x') + "'\nb: [" + repeated("*x, ", 20) + "]\n";
    EXPECT_THAT(yaml(large).said(), HasSubstr("aliases come to more than"));
}

TEST(Document, OnlyStandardTags) {
    EXPECT_TRUE(yaml("a: !!int 3\nb: !!seq [1]\nc: !!map {}\nd: !!float 1\n").root);
    for (const char* text :
         {"a: !foo 1", "a: !!int x", "a: !!python/object:os.system x", "!thing {a: 1}", "a: !!seq {}"})
        EXPECT_THAT(yaml(text).said(), HasSubstr("isn't allowed here")) << text;
}

TEST(Document, HostileTextIsRefused) {
    const std::string limit_list = repeated("[", max_document_depth) + repeated("]", max_document_depth);
    for (const auto& parse : {yaml, json}) {
        EXPECT_FALSE(parse("").root);
        EXPECT_THAT(parse("a\xff").said(), HasSubstr("UTF-8"));
        EXPECT_THAT(parse(std::string_view("\"a\0b\"", 5)).said(), HasSubstr("U+0000"));
        EXPECT_THAT(parse("\"a\nb\x01\"").said(), HasSubstr("T:2:2"));
        EXPECT_TRUE(parse(limit_list).root) << parse(limit_list).said();
        EXPECT_THAT(parse("[" + limit_list + "]").said(), HasSubstr("nested deeper"));
        EXPECT_THAT(parse(repeated("[", 1'000'000)).said(), HasSubstr("nested deeper"));
        EXPECT_EQ(parse("\"" + std::string(1 << 20, 'x') + "\"").root->text.size(), 1u << 20);
        EXPECT_THAT(parse(std::string(max_document_bytes + 1, ' ')).said(), HasSubstr("larger than"));
        EXPECT_THAT(parse("[" + repeated("1,", max_document_nodes) + "1]").said(),
                    HasSubstr("more than 1000000 values"));
    }
    EXPECT_THAT(yaml("a: 1\n---\nb: 2\n").said(), HasSubstr("more than one"));
    EXPECT_THAT(yaml("[1, 2]: 3").said(), HasSubstr("a key must be a string"));
    EXPECT_THAT(yaml("a: [1, 2\nb: 3").said(), HasSubstr("not valid YAML"));
}

TEST(Document, JsonIsStrict) {
    for (const char* text : {"{\"a\":1,}", "[1,]",    "{a:1}",       "{'a':1}",     "[01]",
                             "[1.]",       "[.5]",    "[+1]",        "[1e]",        "nul",
                             "[1] 2",      "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
                             "\"a",        "[1",      "{\"a\"}",     "// c\n1",     "NaN",
                             "{1:2}"})
        EXPECT_FALSE(json(text).root) << text;
    const Parsed parsed = json(R"({"a": "\u00e9\ud83d\ude00\n\/", "b": [1.50, -0, 1e5, true, null]})");
    ASSERT_TRUE(parsed.root) << parsed.said();
    EXPECT_EQ(at(parsed, "a").text, "é😀\n/");
    EXPECT_EQ(at(parsed, "b").items[0].text, "1.50");
    EXPECT_EQ(at(parsed, "b").items[1].kind, Node::Kind::integer);
    EXPECT_EQ(at(parsed, "b").items[2].kind, Node::Kind::real);
    EXPECT_EQ(at(parsed, "b").items[4].kind, Node::Kind::null);
}

}  // namespace
}  // namespace atelier::job
