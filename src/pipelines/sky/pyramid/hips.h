// HiPS, as the IVOA's standard has it: the sky on the faces of HEALPix, a folder of tiles for each order, which Aladin,
// ESASky and WorldWide Telescope show. In a tile's picture the upper left pixel is the southernmost, pixels go to the
// north-west along a row and to the north-east down a column.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipelines/sky/pyramid/file_tree.h"
#include "pipelines/sky/pyramid/samplers.h"
#include "pipelines/sky/pyramid/sky_source.h"
#include "pipelines/sky/pyramid/study.h"
#include "pipelines/sky/pyramid/tile_folder.h"

namespace atelier::pipelines::sky {

inline constexpr int deepest_hips = 18;

struct HipsOptions {
    std::string title{};
    std::string id{};    // creator_did: ivo://AUTHORITY/NAME
    std::string body{};  // a planet's name, when it isn't the sky
    Frame frame = Frame::icrs;
    int order = -1;  // of the finest tiles; -1: as fine as the sky's resolution, and 3 at least
    TileFormat format = TileFormat::png;
    int effort = 1;
    unsigned threads = 0;
    std::function<void(std::uint64_t made, std::uint64_t of)> progress{};
};

struct HipsMade {
    int order = 0;
    int tile_width = 0;
    double sky_fraction = 0;
    std::pair<double, double> cut{};  // of numbers: what is worth to be shown
};

// Tiles, Allsky, Moc.fits, properties.
HipsMade make_hips(const SkySource& sky, const HipsOptions& options, FileTree& tree);

struct HipsShape {
    int order = 0;
    int tile_width = 512;
};
HipsShape hips_shape(double resolution);  // 256 wide where else order 3 would be much finer than the sky

std::string hips_tile_path(int order, std::int64_t pixel, std::string_view extension);  // Norder3/Dir0/Npix42.png

// The cells of a coverage map: NUNIQ numbers, as large as can be, of nested pixels of an order.
std::vector<std::int64_t> coverage_cells(int order, std::vector<std::int64_t> pixels);
std::string write_moc(int order, const std::vector<std::int64_t>& cells, Frame frame);

}  // namespace atelier::pipelines::sky
