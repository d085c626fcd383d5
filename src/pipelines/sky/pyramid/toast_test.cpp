#include "pipelines/sky/pyramid/toast.h"

#include <cmath>
#include <set>

#include "pipelines/sky/pyramid/testing_tables.h"

namespace atelier::pipelines::sky {
namespace {

using Vector = std::array<double, 3>;

Vector vector_of(const LonLat& at) {
    return {std::cos(at.lat) * std::cos(at.lon), std::cos(at.lat) * std::sin(at.lon), std::sin(at.lat)};
}

double side_of(const Vector& a, const Vector& b, const Vector& p) {
    return (a[1] * b[2] - a[2] * b[1]) * p[0] + (a[2] * b[0] - a[0] * b[2]) * p[1] + (a[0] * b[1] - a[1] * b[0]) * p[2];
}

// On the inner side of all four sides, whichever way round they go.
bool holds(const ToastTile& tile, const LonLat& at) {
    bool left = true, right = true;
    for (int i = 0; i < 4; ++i) {
        const double side = side_of(vector_of(tile.corners[i]), vector_of(tile.corners[(i + 1) % 4]), vector_of(at));
        left = left && side >= -1e-12;
        right = right && side <= 1e-12;
    }
    return left || right;
}

TEST(Toast, CornersAndPixelsAreTheTableBitForBit) {
    ATELIER_NEED_SKY_DATA();
    int rows = 0;
    for (const auto& row : exact_rows("toast_coords")) {
        const auto& object = row.as_object();
        const Tile at{whole(object.at("n")), whole(object.at("x")), whole(object.at("y"))};
        const ToastTile tile = toast_tile(at, object.at("coordsys").as_string() != "astronomical");
        EXPECT_EQ(tile.tile, at);
        EXPECT_EQ(tile.rising, object.at("increasing").as_bool());
        for (int i = 0; i < 4; ++i) {
            const auto& corner = object.at("corners_ul_ur_lr_ll").as_array()[i].as_array();
            EXPECT_EQ(tile.corners[i].lon, real(corner[0]));
            EXPECT_EQ(tile.corners[i].lat, real(corner[1]));
        }
        for (const auto& pixel : object.at("pixels").as_array()) {
            const auto& values = pixel.as_array();
            const LonLat found = toast_pixel(tile, tile_side, whole(values[0]), whole(values[1]));
            EXPECT_EQ(found.lon, real(values[2]));
            EXPECT_EQ(found.lat, real(values[3]));
        }
        ++rows;
    }
    EXPECT_GT(rows, 100);
}

TEST(Toast, PointsLieInTheTilesOfTheTable) {
    ATELIER_NEED_SKY_DATA();
    int rows = 0;
    for (const auto& row : exact_rows("toast_point_lookup")) {
        const auto& tile = row.at("tile").as_array();
        const Tile at{whole(tile[0]), whole(tile[1]), whole(tile[2])};
        if (at.level == 0) continue;
        EXPECT_TRUE(holds(toast_tile(at, false), {real(row.at("lon")), real(row.at("lat"))}))
            << at.level << "/" << at.x << "/" << at.y;
        ++rows;
    }
    EXPECT_GT(rows, 80);
}

TEST(Toast, ChildrenAreTheTilesBelow) {
    const ToastTile parent = toast_tile({3, 5, 2}, true);
    const auto children = toast_children(parent);
    for (int i = 0; i < 4; ++i) {
        const ToastTile same = toast_tile(parent.tile.child(i), true);
        EXPECT_EQ(children[i].tile, same.tile);
        for (int corner = 0; corner < 4; ++corner) {
            EXPECT_EQ(children[i].corners[corner].lon, same.corners[corner].lon);
            EXPECT_EQ(children[i].corners[corner].lat, same.corners[corner].lat);
        }
    }
}

TEST(Toast, VectorsPointWhereThePixelsAre) {
    ToastGrid grid(64);
    for (const Tile at :
         {Tile{1, 0, 0}, Tile{1, 1, 0}, Tile{2, 2, 1}, Tile{4, 8, 8}, Tile{7, 15, 42}, Tile{12, 2048, 2047}}) {
        const ToastTile tile = toast_tile(at, false);
        const Directions& directions = grid.pixels(tile);
        ASSERT_EQ(directions.size(), 64u * 64u);
        for (int y = 0; y < 64; y += 7)
            for (int x = 0; x < 64; ++x) {
                const std::size_t i = static_cast<std::size_t>(y) * 64 + x;
                const double length = std::hypot(directions.x[i], directions.y[i], directions.z[i]);
                const Vector exact = vector_of(toast_pixel(tile, 64, x, y));
                EXPECT_NEAR(directions.x[i] / length, exact[0], 1e-14);
                EXPECT_NEAR(directions.y[i] / length, exact[1], 1e-14);
                EXPECT_NEAR(directions.z[i] / length, exact[2], 1e-14);
            }
    }
}

}  // namespace
}  // namespace atelier::pipelines::sky
