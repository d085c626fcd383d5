#include "process/own_program.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace atelier::process {
namespace {

TEST(OwnProgram, ItsFolderStandsFirstInThePathOfTasks) {
    const char* path = std::getenv("PATH");
    ASSERT_NE(path, nullptr);
    EXPECT_TRUE(std::filesystem::exists(own_folder() / "process_test"));
    EXPECT_EQ(environment_for_tasks().at("PATH"), own_folder().string() + ":" + path);
    ::setenv("PWD", "/elsewhere", 1);
    EXPECT_FALSE(environment_for_tasks().contains("PWD"));
    ::setenv("LIKE_PWD", "stays", 1);
    EXPECT_EQ(environment_for_tasks().at("LIKE_PWD"), "stays");
}

TEST(OwnProgram, WithoutAPathTheUsualFoldersFollow) {
    const std::string before = std::getenv("PATH");
    ::unsetenv("PATH");
    EXPECT_EQ(environment_for_tasks().at("PATH"), own_folder().string() + ":/usr/local/bin:/usr/bin:/bin");
    ::setenv("PATH", before.c_str(), 1);
}

}  // namespace
}  // namespace atelier::process
