#include "farm/fairness.h"

#include <gtest/gtest.h>

namespace atelier::farm {
namespace {

const Requirement one_core{job::HostRequirements{}};
bool any(const Requirement&) { return true; }
bool yes(const FairOrder::Place&) { return true; }
constexpr Resources one_slot = {1, 1, 0, 0};

struct Order : FairOrder {
    explicit Order(Fairness fairness, int most = 0) : FairOrder(fairness, most) { set_whole({100, 100, 100'000, 4}); }

    void ready(JobKey job, const std::string& owner, const Ranking& ranking = {}) {
        add(job, owner, ranking);
        list({job, 0}, "k", one_core);
    }
    // Gives out `count` slots, one at a time; how many job `of` got.
    int give(int count, JobKey of) {
        int got = 0;
        for (int i = 0; i < count; ++i) {
            const auto place = first(any, yes);
            if (!place) break;
            session_began(place->job, one_slot);
            got += place->job == of ? 1 : 0;
        }
        return got;
    }
};

TEST(FairOrder, FifoIsPriorityThenWhoCameFirst) {
    Order order(Fairness::fifo);
    order.ready(1, "ada");
    order.ready(2, "ben", {.weight = 5, .priority = 60, .age_points = 0});
    order.ready(3, "ben", {.weight = 1, .priority = 60, .age_points = 20});
    EXPECT_EQ(order.give(50, 2), 50) << "whatever is in use";
    order.unlist({2, 0});
    EXPECT_EQ(order.first(any, yes)->job, 3);
}

TEST(FairOrder, BalancedGivesOwnersTheSameHoweverManyJobsTheyHave) {
    Order order(Fairness::balanced);
    order.ready(1, "ada");
    for (JobKey job = 2; job <= 10; ++job)
        order.ready(job, "ben", {.weight = 1, .priority = 90, .age_points = 0});
    EXPECT_EQ(order.give(100, 1), 50);
}

TEST(FairOrder, WeightedAsksTheJobsAlone) {
    Order order(Fairness::weighted);
    order.ready(1, "ada");
    for (JobKey job = 2; job <= 10; ++job)
        order.ready(job, "ben");
    EXPECT_EQ(order.give(100, 1), 10);
}

TEST(FairOrder, WeightsOfOwnersAndJobsCount) {
    Order owners(Fairness::balanced);
    owners.set_weight("ada", 3);
    owners.ready(1, "ada");
    owners.ready(2, "ben");
    EXPECT_NEAR(owners.give(100, 1), 75, 1);
    Order jobs(Fairness::balanced);
    jobs.ready(1, "ada", {.weight = 3, .priority = 50, .age_points = 0});
    jobs.ready(2, "ada");
    EXPECT_NEAR(jobs.give(100, 1), 75, 1);
}

TEST(FairOrder, APointOfPriorityOrOfAgeCountsATenth) {
    for (const FairOrder::Ranking& ranking : {FairOrder::Ranking{1, 57, 0}, FairOrder::Ranking{1, 50, 7}}) {
        Order order(Fairness::weighted);
        order.ready(1, "ada", ranking);
        order.ready(2, "ada");
        EXPECT_NEAR(order.give(100, 1), 66, 1) << "1.1^7 is about 2";
    }
}

TEST(FairOrder, TheDominantResourceCounts) {
    Order order(Fairness::balanced);
    order.ready(1, "ada");
    order.ready(2, "ben");
    order.session_began(1, {1, 1, 0, 1});  // one of four GPUs: as much as 25 slots
    EXPECT_DOUBLE_EQ(order.owner_standing("ada").share, 25);
    EXPECT_EQ(order.give(24, 1), 0);
    order.session_ended(1, {1, 1, 0, 1});
    EXPECT_DOUBLE_EQ(order.owner_standing("ada").share, 0);
}

TEST(FairOrder, AnOwnerKeepsToTheLimit) {
    Order order(Fairness::balanced, 3);
    order.ready(1, "ada");
    EXPECT_EQ(order.give(10, 1), 3);
    EXPECT_FALSE(order.first(any, yes));
    const auto before = order.touched();
    order.session_ended(1, one_slot);
    EXPECT_GT(order.touched(), before) << "whoever waits is to look again";
    EXPECT_TRUE(order.first(any, yes));
}

TEST(FairOrder, ASessionGivesWayUntilTheSharesAreEvenAndNotFurther) {
    Order order(Fairness::balanced);
    order.ready(1, "ada");
    order.give(10, 1);
    order.ready(2, "ben");
    int moved = 0;
    while (const auto place = order.before(1, one_slot, any, yes)) {
        order.session_ended(1, one_slot);
        order.session_began(place->job, one_slot);
        ASSERT_LE(++moved, 10);
    }
    EXPECT_EQ(moved, 5);
    EXPECT_FALSE(order.before(2, one_slot, any, yes)) << "and none comes back";
}

TEST(FairOrder, WhatDoesNotFitOrIsNotAcceptedIsPassedOver) {
    Order order(Fairness::balanced);
    order.ready(1, "ada");
    order.ready(2, "ben");
    EXPECT_EQ(order.first(any, [](const FairOrder::Place& place) { return place.job == 2; })->job, 2);
    EXPECT_FALSE(order.first([](const Requirement&) { return false; }, yes));
    EXPECT_FALSE(order.first(any, yes, order.touched())) << "nothing new since";
}

TEST(FairOrder, WhatIsRemovedIsForgottenAlsoWhenASessionOfItEndsLater) {
    Order order(Fairness::balanced);
    order.ready(1, "ada");
    order.session_began(1, one_slot);
    order.unlist({1, 0});
    order.remove(1);
    EXPECT_TRUE(order.is_empty());
    order.session_ended(1, one_slot);
    order.discharge(1, one_slot);
    order.remove(1);
    EXPECT_EQ(order.owner_standing("ada").sessions, 0);
    EXPECT_DOUBLE_EQ(order.owner_standing("ada").share, 0);
}

TEST(FairOrder, PresetsHaveNames) {
    for (const Fairness fairness : {Fairness::fifo, Fairness::balanced, Fairness::weighted})
        EXPECT_EQ(fairness_named(name_of(fairness)), fairness);
    EXPECT_FALSE(fairness_named("first-come"));
}

}  // namespace
}  // namespace atelier::farm
