// Several FITS images on the same tangential plane, as one image: each lies where its reference pixel says, and of
// those that overlap the later one is seen where it has a number. Its rows are read from all of them at once.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/pixels/pixels.h"
#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

struct MosaicOptions {
    std::optional<std::size_t> unit;  // of each file, from 0; else its first image
    std::optional<char> key;          // of an alternate position
};

struct MosaicPart {
    std::filesystem::path path;
    std::size_t unit = 0;
    int width = 0, height = 0;
    Wcs wcs;                // top-down
    bool reversed = false;  // its lowest row is the first
    Mode mode = Mode::f32;
    int left = 0, top = 0;  // in the mosaic
};

// Throws Error::invalid that names the file without an image or a position.
std::vector<MosaicPart> read_parts(const std::vector<std::filesystem::path>& paths, const MosaicOptions& options);

bool share_a_plane(const std::vector<MosaicPart>& parts);

class FitsMosaic : public PixelRows {
public:
    explicit FitsMosaic(std::vector<MosaicPart> parts);  // throws Error::invalid unless they share a plane
    ~FitsMosaic() override;

    const Wcs& wcs() const;  // of the whole, top-down
    void read(std::byte* row) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace atelier::pipelines::sky
