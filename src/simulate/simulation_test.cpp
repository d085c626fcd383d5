// Small farms on which everything goes wrong, in forty orders of chance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/options.h"

namespace atelier::simulate {
namespace {

class Simulation : public ::testing::TestWithParam<unsigned> {};

TEST_P(Simulation, NothingIsLostAndNothingIsDoneTwice) {
    Options options;
    options.workers = 20;
    options.jobs = 12;
    options.owners = 4;
    options.tasks = 1500;
    options.seed = GetParam();
    options.faults = all_faults();
    options.saturation_seconds = 60;
    const Report report = run(options);
    EXPECT_THAT(report.broken, ::testing::IsEmpty());
    EXPECT_GT(report.leases, 1000u);  // a job with too many failures is given up before its last task was leased
    EXPECT_GT(report.faults, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, ::testing::Range(1u, 41u));

TEST(SimulationOptions, WithoutFaultsEveryPresetDrainsAndBearsMoreThanItCanDo) {
    for (const farm::Fairness fairness : {farm::Fairness::fifo, farm::Fairness::balanced, farm::Fairness::weighted}) {
        Options options;
        options.workers = 10;
        options.tasks = 500;
        options.fairness = fairness;
        options.saturation_seconds = 30;
        EXPECT_THAT(run(options).broken, ::testing::IsEmpty()) << name_of(fairness);
    }
}

TEST(SimulationOptions, FaultsHaveNames) {
    for (const Fault fault : all_faults())
        EXPECT_EQ(fault_named(name_of(fault)), fault);
    EXPECT_FALSE(fault_named("earthquake"));
}

}  // namespace
}  // namespace atelier::simulate
