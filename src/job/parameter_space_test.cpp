#include "job/parameter_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "job/combination.h"
#include "job/space_node.h"

namespace atelier::job {
namespace {

using Node = ParameterSpace::Node;

Node range(std::size_t position, const char* name, const char* text) {
    return Node::leaf({position, name, TaskParameterType::integer, RangeExpr::parse(text)});
}

ParameterSpace space(Node root) { return ParameterSpace(std::make_shared<const Node>(std::move(root))); }

std::vector<std::string> chunks(const char* text, std::uint64_t per_chunk, bool contiguous) {
    const Chunks cut(RangeExpr::parse(text), per_chunk, contiguous);
    std::vector<std::string> all;
    for (std::uint64_t i = 0; i < cut.size(); ++i)
        all.push_back(cut.at(i));
    return all;
}

using testing::ElementsAre;

TEST(ParameterSpace, WithoutParametersThereIsOneTask) {
    EXPECT_EQ(ParameterSpace().size(), 1u);
    EXPECT_TRUE(ParameterSpace().at(0).empty());
    EXPECT_TRUE(ParameterSpace().parameters().empty());
    EXPECT_THROW(ParameterSpace().at(1), Error);
}

TEST(ParameterSpace, AThousandMillionTasksCostNothing) {
    std::vector<Node> factors;
    factors.push_back(range(1, "Frame", "1-100000"));
    factors.push_back(range(0, "Tile", "0-9999"));
    const ParameterSpace tasks = space(Node::product(std::move(factors)));
    EXPECT_EQ(tasks.size(), 1'000'000'000u);
    EXPECT_EQ(tasks.at(0).at("Frame").value, "1");
    EXPECT_EQ(tasks.at(123'456'789).at("Frame").value, "12346");
    EXPECT_EQ(tasks.at(123'456'789).at("Tile").value, "6789");
    EXPECT_EQ(tasks.at(999'999'999).at("Tile").value, "9999");
    EXPECT_THROW(tasks.at(1'000'000'000), Error);
    EXPECT_EQ(tasks.parameters().front().first, "Tile") << "in the order of definition, not of the combination";
}

TEST(ParameterSpace, AProductBeyond64BitsIsRefused) {
    std::vector<Node> fits;
    fits.push_back(range(0, "A", "0-4294967295"));
    fits.push_back(range(1, "B", "0-4294967294"));
    EXPECT_EQ(Node::product(std::move(fits)).size, 4294967296u * 4294967295u);
    std::vector<Node> beyond;
    beyond.push_back(range(0, "A", "0-4294967295"));
    beyond.push_back(range(1, "B", "0-4294967295"));
    EXPECT_THROW(Node::product(std::move(beyond)), Error);
}

TEST(Chunks, ContiguousOnesEndAtGaps) {
    EXPECT_THAT(chunks("1-12", 5, true), ElementsAre("1-4", "5-8", "9-12"));
    EXPECT_THAT(chunks("1,10-12,18-50", 10, true), ElementsAre("1-1", "10-12", "18-26", "27-34", "35-42", "43-50"));
    EXPECT_THAT(chunks("1,3,5", 100, true), ElementsAre("1-1", "3-3", "5-5"));
    EXPECT_THAT(chunks("1-5:2,6,7", 10, true), ElementsAre("1-1", "3-3", "5-7"))
        << "5 has neighbours, 1 and 3 have none";
    EXPECT_THAT(chunks("-1,0,2-8:2,9", 10, true), ElementsAre("-1-0", "2-2", "4-4", "6-6", "8-9"));
    EXPECT_THAT(chunks("7", 3, true), ElementsAre("7-7"));
    EXPECT_THAT(chunks("1-3", 1, true), ElementsAre("1-1", "2-2", "3-3"));
}

TEST(Chunks, OthersReachOverGaps) {
    EXPECT_THAT(chunks("1-8", 3, false), ElementsAre("1-3", "4-6", "7,8"));
    EXPECT_THAT(chunks("1,3,5", 100, false), ElementsAre("1-5:2"));
    EXPECT_THAT(chunks("1-3,7-10:2", 4, false), ElementsAre("1-3", "7,9"));
    EXPECT_THAT(chunks("1", 1, false), ElementsAre("1"));
}

// Whatever is cut: all values, each once, in order; sizes differ by one at most within a run.
TEST(Chunks, AgreeWithTheValues) {
    for (const char* text : {"1-35", "1,2,4-9,11-31:4,32-40", "-20--5"}) {
        const RangeExpr whole = RangeExpr::parse(text);
        for (const std::uint64_t per_chunk : {1u, 2u, 3u, 7u, 100u}) {
            for (const bool contiguous : {true, false}) {
                std::uint64_t index = 0;
                for (const std::string& chunk : chunks(text, per_chunk, contiguous)) {
                    const RangeExpr part = RangeExpr::parse(chunk);
                    EXPECT_LE(part.size(), per_chunk);
                    for (std::uint64_t i = 0; i < part.size(); ++i)
                        EXPECT_EQ(part.at(i), whole.at(index++)) << text << " " << chunk;
                }
                EXPECT_EQ(index, whole.size());
            }
        }
    }
}

TEST(Chunks, HugeRangesCostNothing) {
    const Chunks contiguous(RangeExpr::parse("1-100000000000"), 7, true);
    EXPECT_EQ(contiguous.size(), 14285714286u);
    EXPECT_EQ(contiguous.at(14285714285u), "99999999995-100000000000");
    const Chunks stepped(RangeExpr::parse("0-4611686018427387902:2"), 1'000'000'000, true);
    EXPECT_EQ(stepped.size(), 2305843009213693952u);
    EXPECT_EQ(stepped.at(2305843009213693951u), "4611686018427387902-4611686018427387902");
    const Chunks wide(RangeExpr::parse("-4611686018427387903-4611686018427387903"), 3, false);
    EXPECT_EQ(wide.at(wide.size() - 1), "4611686018427387902,4611686018427387903");
}

TEST(Combination, ReadsProductsAndAssociations) {
    const Combination combination = parse_combination(" A*( B , C * (D,E) ) ");
    ASSERT_EQ(combination.kind, Combination::Kind::product);
    ASSERT_EQ(combination.parts.size(), 2u);
    EXPECT_EQ(combination.parts[1].kind, Combination::Kind::association);
    EXPECT_EQ(combination.parts[1].parts[1].parts[1].parts[0].name, "D");
    for (const char* text : {"", " ", "*", "A *", "A B", "A (B, C)", "(A)", "(A, B", "A, B", "A)", "(A,)", "(,A)", "()",
                             "A ** B", "A @ B", "A\t* B", "((A, B)"})
        EXPECT_THROW(parse_combination(text), Error) << text;
    EXPECT_THROW(parse_combination(std::string(100'000, '(')), Error);
}

}  // namespace
}  // namespace atelier::job
