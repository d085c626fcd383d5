// Documents that are made from the code, and that the code must not leave behind. With ATELIER_WRITE_DOCUMENTS=1 they
// are made.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "farm/states.h"

namespace atelier {
namespace {

std::filesystem::path source_folder() {
    const char* folder = std::getenv("ATELIER_SOURCE_DIR");
    return folder ? folder : std::filesystem::current_path();
}

TEST(Documents, StatesAreThoseOfTheTable) {
    const auto file = source_folder() / "docs/states.md";
    const std::string made = farm::states_document();
    if (std::getenv("ATELIER_WRITE_DOCUMENTS")) write_file_durably(file, made);
    EXPECT_EQ(read_file(file), made) << "ATELIER_WRITE_DOCUMENTS=1 build/dev/tests/documents_test makes it again";
}

}  // namespace
}  // namespace atelier
