#include "pipelines/sky/pyramid/sky_source.h"

#include <cstring>
#include <vector>

#include "base/error.h"

namespace atelier::pipelines::sky {

namespace {

// Of a size that the compiler knows: a pixel is copied by one or two instructions.
template <std::size_t size>
void pick(const std::byte* map, const std::vector<std::uint32_t>& pixels, std::byte* values) {
    for (const std::uint32_t pixel : pixels) {
        std::memcpy(values, map + std::size_t{pixel} * size, size);
        values += size;
    }
}

void pick(std::size_t size, const std::byte* map, const std::vector<std::uint32_t>& pixels, std::byte* values) {
    switch (size) {
        case 1: return pick<1>(map, pixels, values);
        case 2: return pick<2>(map, pixels, values);
        case 3: return pick<3>(map, pixels, values);
        case 4: return pick<4>(map, pixels, values);
        default: return pick<8>(map, pixels, values);
    }
}

class Map : public SkySource {
public:
    Map(PixelRows& rows, Projection projection, const std::function<void(const std::byte*)>& each_row)
        : sampler_(projection, rows.width(), rows.height()) {
        mode_ = rows.mode();
        resolution_ = 360.0 / rows.width();
        pixels_.resize(rows.row_bytes() * static_cast<std::size_t>(rows.height()));
        for (std::size_t at = 0; at < pixels_.size(); at += rows.row_bytes()) {
            rows.read(&pixels_[at]);
            if (each_row) each_row(&pixels_[at]);
        }
    }

    void look(const Directions& directions, const ExactPosition& exact, std::byte* values) const override {
        thread_local std::vector<std::uint32_t> found;
        sampler_.at(directions, exact, found);
        pick(pixel_bytes(mode_), pixels_.data(), found, values);
    }

private:
    MapSampler sampler_;
    std::vector<std::byte> pixels_;
};

}  // namespace

bool SkySource::meets(const std::array<double, 3>&, double) const { return true; }

std::unique_ptr<SkySource> open_map(PixelRows& rows, Projection projection,
                                    const std::function<void(const std::byte*)>& each_row) {
    return std::make_unique<Map>(rows, projection, each_row);
}

}  // namespace atelier::pipelines::sky
