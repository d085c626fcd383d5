#include "engines/blender_lines.h"

#include <gtest/gtest.h>

namespace atelier::engines {
namespace {

BlenderLine parsed(const char* line) {
    const auto told = parse_blender_line(line);
    EXPECT_TRUE(told) << line;
    return told.value_or(BlenderLine{});
}

TEST(BlenderLines, TellSamplesAndTiles) {
    const auto sample = parsed(
        "Fra:1 Mem:12.28M (Peak 12.50M) | Time:00:00.09 | Remaining:00:00.77 | Mem:2.89M, Peak:2.89M | Scene, "
        "ViewLayer | Sample 4/16");
    EXPECT_DOUBLE_EQ(sample.fraction.value(), 0.25);
    EXPECT_EQ(sample.doing, "Sample 4/16");
    EXPECT_EQ(sample.peak_memory, 13107200u);
    const auto tiles = parsed("Fra:1 Mem:1.00G (Peak 1.50G) | Time:00:08.78 | Rendered 1/4 Tiles, Sample 128/256");
    EXPECT_DOUBLE_EQ(tiles.fraction.value(), 0.375);
    EXPECT_EQ(tiles.peak_memory, 1610612736u);
    EXPECT_DOUBLE_EQ(parsed("Fra:7 Mem:12M (Peak 13M) | Time:00:08.78 | Rendering 16 / 64 samples").fraction.value(),
                     0.25);
}

TEST(BlenderLines, TellWhatIsDoneWithoutAMeasure) {
    const auto told = parsed("Fra:1 Mem:9.21M (Peak 10.97M) | Time:00:00.04 | Scene, ViewLayer | Updating Lights");
    EXPECT_FALSE(told.fraction);
    EXPECT_EQ(told.doing, "Updating Lights");
}

TEST(BlenderLines, WhatIsBrokenTellsNothing) {
    for (const char* line : {"", "Saved: '/a/b.png'", "Frame 7", " Time: 00:00.84 (Saving: 00:00.11)"})
        EXPECT_FALSE(parse_blender_line(line)) << line;
    for (const char* line :
         {"Fra:", "Fra:1 (Peak ", "Fra:1 (Peak xM) | Sample 1/0", "Fra:1 | Sample 5/4", "Fra:1 | Sample -1/4",
          "Fra:1 | Sample /", "Fra:1 | Rendering 99999999999999999999 / 3", "Fra:1 | Rendered 1/"}) {
        const auto told = parse_blender_line(line);
        ASSERT_TRUE(told) << line;
        EXPECT_FALSE(told->fraction) << line;
        EXPECT_FALSE(told->peak_memory) << line;
    }
}

}  // namespace
}  // namespace atelier::engines
