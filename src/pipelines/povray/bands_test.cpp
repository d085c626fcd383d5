#include "pipelines/povray/bands.h"

#include <gtest/gtest.h>

namespace atelier::pipelines::povray {
namespace {

TEST(Bands, HaveEveryRowOnceAndEndWhereBlocksEnd) {
    for (const int rows : {1, 2, 67, 270, 400, 1080, 2160})
        for (const int count : {1, 2, 3, 6, 16, 100}) {
            int next = 0;
            for (int number = 0; number < count; ++number) {
                const Band band = band_of(number, count, rows);
                EXPECT_EQ(band.first, next) << rows << " rows in " << count;
                EXPECT_GE(band.height, 0);
                next += band.height;
            }
            EXPECT_EQ(next, rows) << rows << " rows in " << count;
        }
    EXPECT_EQ(band_of(3, 16, 1080).first % block_rows, 0);
    EXPECT_EQ(band_of(1, 6, 67).first, 11) << "few rows are shared out one by one";
}

}  // namespace
}  // namespace atelier::pipelines::povray
