// HEALPix: the sphere as twelve faces of nside times nside pixels of equal area. In the ring order pixels are counted
// along parallels from the north, in the nested one by quarters of quarters of a face.
#pragma once

#include <array>
#include <cstdint>

#include "pipelines/sky/pyramid/samplers.h"

namespace atelier::pipelines::sky {

enum class HealpixOrder { ring, nested };

// Nested needs an nside that is a power of two. Throws Error::invalid for what can't be one.
void check_nside(std::int64_t nside, HealpixOrder order);
std::int64_t healpix_pixel(std::int64_t nside, HealpixOrder order, const LonLat& at);

// A pixel of the nested order by its place on its face: x grows to the north-east, y to the north-west.
struct FacePixel {
    int face = 0;
    std::int64_t x = 0, y = 0;
};
std::int64_t nested_number(std::int64_t nside, const FacePixel& pixel);
FacePixel face_pixel(std::int64_t nside, std::int64_t nested);
// The direction of a point of a face, x and y from 0 to 1; of length 1.
std::array<double, 3> face_direction(int face, double x, double y);

class HealpixSampler {
public:
    HealpixSampler(std::int64_t nside, HealpixOrder order, Frame frame);
    std::int64_t at(const LonLat& icrs) const;
    void at(const Directions& directions, const ExactPosition& exact, std::vector<std::int64_t>& pixels) const;

private:
    std::int64_t nside_;
    HealpixOrder order_;
    Frame frame_;
};

}  // namespace atelier::pipelines::sky
