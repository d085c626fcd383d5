// For tests alone: where the images and the true answers lie, which are not part of the project.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/files.h"
#include "base/json.h"

namespace atelier::pipelines::sky {

inline std::filesystem::path sky_data() {
    if (const char* folder = std::getenv("ATELIER_SHARED_DATA")) return std::filesystem::path(folder) / "sky";
    const char* source = std::getenv("ATELIER_SOURCE_DIR");
    return std::filesystem::path(source != nullptr ? source : ".") / "../shared/data/sky";
}

inline json::Value sky_table(const std::string& name) {
    return json::parse(read_file(sky_data() / "tables" / (name + ".json")));
}

// In continuous integration what is missing is a failure, elsewhere a skip that says why.
#define ATELIER_NEED_SKY_DATA()                                                             \
    if (!std::filesystem::exists(sky_data())) {                                             \
        if (const char* ci = std::getenv("CI"); ci != nullptr && std::string(ci) == "true") \
            FAIL() << sky_data() << " is missing";                                          \
        GTEST_SKIP() << sky_data() << " is missing";                                        \
    }

}  // namespace atelier::pipelines::sky
