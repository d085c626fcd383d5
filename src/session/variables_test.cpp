#include "session/variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atelier::session {
namespace {

TEST(VariableLayer, LiesOverTheOnesBelow) {
    Variables variables{{"A", "base"}, {"B", "base"}, {"C", "base"}};
    VariableLayer layer;
    layer.set("A", "first");
    layer.set("A", "second");
    layer.unset("B");
    layer.set("D", "");
    layer.apply_to(variables);
    EXPECT_THAT(to_texts(variables), testing::ElementsAre("A=second", "C=base", "D="));
}

TEST(VariableLayer, LetsUnsetWinOverSetWithinIt) {
    Variables variables;
    VariableLayer inner;
    inner.unset("A");
    inner.set("A", "x");
    inner.apply_to(variables);
    EXPECT_TRUE(variables.empty());
    VariableLayer next;
    next.set("A", "y");
    next.apply_to(variables);
    EXPECT_THAT(to_texts(variables), testing::ElementsAre("A=y"));
}

TEST(VariableLayer, HoldsNoMoreThanAProcessCouldTake) {
    VariableLayer layer;
    EXPECT_TRUE(layer.set("A", std::string(largest_layer - 1, 'x')));
    EXPECT_FALSE(layer.set("B", ""));
    EXPECT_FALSE(layer.unset("C"));
    EXPECT_TRUE(layer.set("A", "small"));
    EXPECT_TRUE(layer.set("B", ""));
}

}  // namespace
}  // namespace atelier::session
