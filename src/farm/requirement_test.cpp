#include "farm/requirement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atelier::farm {
namespace {

wire::Capabilities machine() {
    return {{{"amount.worker.vcpu", 4}, {"amount.worker.memory", 8192}}, {{"attr.worker.os.family", {"linux"}}}, {}};
}
job::HostRequirements amounts(std::vector<job::AmountRequirement> list) { return {std::move(list), {}}; }

TEST(Requirement, AsksForOneCoreUnlessToldOtherwise) {
    EXPECT_EQ(Requirement(job::HostRequirements{}).reserved(), (Amounts{{"amount.worker.vcpu", 1}}));
    EXPECT_EQ(Requirement(amounts({{"amount.worker.vcpu", 0.0, {}}})).reserved(), Amounts{})
        << "a task may ask for none";
}

TEST(Requirement, FitsWhatIsFree) {
    const Requirement wanted(amounts({{"amount.worker.vcpu", 2.5, {}}}));
    EXPECT_TRUE(wanted.fits(machine()));
    EXPECT_TRUE(wanted.fits_now(machine(), {{"amount.worker.vcpu", 1.5}}));
    EXPECT_FALSE(wanted.fits_now(machine(), {{"amount.worker.vcpu", 1.6}}));
    EXPECT_FALSE(Requirement(amounts({{"amount.licence.maya", 1.0, {}}})).fits(machine()))
        << "unknown amounts are none";
}

TEST(Requirement, AttributesAreComparedWithoutCase) {
    const auto with = [](job::AttributeRequirement wanted) { return Requirement({{}, {std::move(wanted)}}); };
    EXPECT_TRUE(with({"attr.worker.os.family", {"windows", "Linux"}, {}}).fits(machine()));
    EXPECT_FALSE(with({"attr.worker.os.family", {"windows"}, {}}).fits(machine()));
    EXPECT_FALSE(with({"attr.worker.os.family", {}, {"linux", "real-time"}}).fits(machine()));
    EXPECT_FALSE(with({"attr.docker", {"true"}, {}}).fits(machine()));
}

TEST(Requirement, SaysWhatIsMissing) {
    EXPECT_THAT(Requirement(amounts({{"amount.worker.memory", 16384.0, {}}})).missing(machine()),
                testing::HasSubstr("16384 MiB of memory (there are 8192)"));
    EXPECT_EQ(Requirement(job::HostRequirements{}).missing(machine()), "");
}

TEST(Requirement, EqualOnesHaveEqualKeys) {
    EXPECT_EQ(Requirement(amounts({{"amount.worker.vcpu", 1.0, {}}})).key(),
              Requirement(job::HostRequirements{}).key());
    EXPECT_NE(Requirement(amounts({{"amount.worker.vcpu", 2.0, {}}})).key(),
              Requirement(job::HostRequirements{}).key());
}

TEST(Requirement, ReservationsComeBack) {
    Amounts reserved;
    const Requirement third(amounts({{"amount.worker.vcpu", 1.0 / 3, {}}}));
    for (int i = 0; i < 12; ++i)
        add(reserved, third.reserved());
    EXPECT_FALSE(third.fits_now(machine(), reserved));
    for (int i = 0; i < 12; ++i)
        subtract(reserved, third.reserved());
    EXPECT_TRUE(Requirement(amounts({{"amount.worker.vcpu", 4.0, {}}})).fits_now(machine(), reserved));
}

TEST(Requirement, TheMemoryOfACardIsNoCommonStock) {
    wire::Capabilities cards;
    cards.amounts = {{"amount.worker.vcpu", 4}, {"amount.worker.gpu", 2}, {"amount.worker.gpu.memory", 24'000}};
    const Requirement one(amounts({{"amount.worker.gpu", 1, {}}, {"amount.worker.gpu.memory", 16'000, {}}}));
    Amounts reserved;
    EXPECT_TRUE(one.fits_now(cards, reserved));
    add(reserved, one.reserved());
    EXPECT_TRUE(one.fits_now(cards, reserved)) << "the second card is free";
    add(reserved, one.reserved());
    EXPECT_FALSE(one.fits_now(cards, reserved));
}

}  // namespace
}  // namespace atelier::farm
