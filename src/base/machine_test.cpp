#include "base/machine.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace atelier {
namespace {

TEST(Machine, HasWhatEveryMachineHas) {
    EXPECT_GE(usable_cores(), 1);
    EXPECT_GT(total_memory(), 64u << 20);
    EXPECT_GT(available_memory(), 0u);
    EXPECT_LE(available_memory(), total_memory());
    EXPECT_NE(machine_name(), "");
    EXPECT_NE(architecture(), "");
    EXPECT_EQ(system_name().rfind("Linux ", 0), 0u);
}

TEST(Machine, TellsTheSpaceOfFoldersThatAreYetToBeMade) {
    const TemporaryFolder folder;
    EXPECT_GT(free_space(folder.path() / "not" / "yet"), 0u);
    EXPECT_GT(free_space("not/yet"), 0u);
    EXPECT_NO_THROW(free_space("/"));
}

}  // namespace
}  // namespace atelier
