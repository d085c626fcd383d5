// Where the tests find the public vectors and samples, which are not part of the project.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace atelier::job {

inline std::filesystem::path shared_data() {
    if (const char* folder = std::getenv("ATELIER_SHARED_DATA")) return folder;
    const char* source = std::getenv("ATELIER_SOURCE_DIR");
    return std::filesystem::path(source != nullptr ? source : ".") / "../shared/data";
}

// In continuous integration what is missing is a failure, elsewhere a skip that says why.
#define ATELIER_NEED_DATA(path)                                                             \
    if (!std::filesystem::exists(path)) {                                                   \
        if (const char* ci = std::getenv("CI"); ci != nullptr && std::string(ci) == "true") \
            FAIL() << (path) << " is missing";                                              \
        GTEST_SKIP() << (path) << " is missing";                                            \
    }

}  // namespace atelier::job
