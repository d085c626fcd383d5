#include "farm/states.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/files.h"

namespace atelier::farm {
namespace {

TEST(States, TheDocumentIsMadeFromTheTable) {
    const char* source = std::getenv("ATELIER_SOURCE_DIR");
    if (source == nullptr) GTEST_SKIP() << "ATELIER_SOURCE_DIR is not set: the document can't be found";
    const auto document = std::filesystem::path(source) / "docs" / "states.md";
    if (std::getenv("ATELIER_WRITE_DOCS") != nullptr) std::ofstream(document) << states_document();
    EXPECT_EQ(read_file(document), states_document()) << "write it anew: ATELIER_WRITE_DOCS=1 ATELIER_SOURCE_DIR=. "
                                                         "build/dev/src/farm/farm_test --gtest_filter='States.*'";
}

TEST(States, EveryStateHasARow) {
    for (int i = 0; i <= static_cast<int>(JobState::archived); ++i)
        EXPECT_EQ(job_state_named(name_of(static_cast<JobState>(i))), static_cast<JobState>(i));
    for (int i = 0; i <= static_cast<int>(TaskState::stuck); ++i)
        EXPECT_FALSE(name_of(static_cast<TaskState>(i)).empty());
    for (int i = 0; i <= static_cast<int>(ResultClass::failed_job); ++i)
        EXPECT_FALSE(name_of(static_cast<ResultClass>(i)).empty());
    EXPECT_THROW(name_of(static_cast<JobState>(99)), Error);
    EXPECT_EQ(job_state_named("succeeded"), JobState::succeeded);
    EXPECT_FALSE(job_state_named("done"));
}

TEST(States, InterruptionsAreFreeAndFailuresAreNot) {
    EXPECT_FALSE(consequence_of(ResultClass::interrupted).counts_as_try);
    EXPECT_FALSE(consequence_of(ResultClass::never_attempted).counts_as_try);
    EXPECT_FALSE(consequence_of(ResultClass::failed_licence).counts_as_try);
    EXPECT_TRUE(consequence_of(ResultClass::failed_app).counts_as_try);
    EXPECT_TRUE(consequence_of(ResultClass::failed_resource).raises_request);
}

}  // namespace
}  // namespace atelier::farm
