#include "pipelines/sky/pyramid/deep_zoom.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pyramid/by_threads.h"
#include "pipelines/sky/pyramid/png_tile.h"

namespace atelier::pipelines::sky {

namespace {

using Row = std::vector<std::byte>;

unsigned byte_at(const Row& row, std::size_t at) { return static_cast<unsigned>(row[at]); }

// Colours are weighted by alpha, so that what can't be seen doesn't darken what can.
void average(const Row& upper, const Row& lower, std::size_t left, std::size_t right, std::size_t channels,
             std::byte* to) {
    const std::size_t places[] = {left * channels, right * channels};
    if (channels == 3) {
        for (std::size_t c = 0; c < 3; ++c) {
            unsigned sum = 2;
            for (const std::size_t at : places)
                sum += byte_at(upper, at + c) + byte_at(lower, at + c);
            to[c] = static_cast<std::byte>(sum / 4);
        }
        return;
    }
    unsigned weight = 0, sums[3] = {};
    for (const Row* row : {&upper, &lower})
        for (const std::size_t at : places) {
            const unsigned alpha = byte_at(*row, at + 3);
            weight += alpha;
            for (std::size_t c = 0; c < 3; ++c)
                sums[c] += alpha * byte_at(*row, at + c);
        }
    for (std::size_t c = 0; c < 3; ++c)
        to[c] = static_cast<std::byte>(weight == 0 ? 0 : (sums[c] + weight / 2) / weight);
    to[3] = static_cast<std::byte>((weight + 2) / 4);
}

struct Shared {
    const DeepZoomOptions& options;
    FileTree& tree;
    Mode mode;
    unsigned threads;
};

class Level {
public:
    Level(const Shared& shared, int number, int width, int height)
        : shared_(shared), number_(number), width_(width), height_(height), channels_(pixel_bytes(shared.mode)) {
        if (number > 0) coarser_ = std::make_unique<Level>(shared, number - 1, (width + 1) / 2, (height + 1) / 2);
    }

    void add(const Row& row) {
        rows_.push_back(row);
        ++given_;
        if (coarser_ && (given_ % 2 == 0 || given_ == height_)) halve();
        // A row of tiles is whole when what overlaps below is there too.
        while (tile_row_ * size() < height_ && (given_ == height_ || given_ >= bottom_of(tile_row_)))
            write_tiles();
    }

private:
    int size() const { return shared_.options.tile_size; }
    int bottom_of(int tile_row) const { return std::min(height_, (tile_row + 1) * size() + shared_.options.overlap); }
    int top_of(int tile_row) const { return std::max(0, tile_row * size() - shared_.options.overlap); }

    void halve() {
        const Row& lower = rows_.back();
        const Row& upper = given_ % 2 == 0 ? rows_[rows_.size() - 2] : lower;
        const std::size_t half = (static_cast<std::size_t>(width_) + 1) / 2,
                          last = static_cast<std::size_t>(width_) - 1;
        Row row(half * channels_);
        for (std::size_t x = 0; x < half; ++x)
            average(upper, lower, 2 * x, std::min(2 * x + 1, last), channels_, &row[x * channels_]);
        coarser_->add(row);
    }

    void write_tiles() {
        const int columns = (width_ + size() - 1) / size();
        by_threads(shared_.threads, static_cast<std::size_t>(columns), [&] {
            return [&, png = std::make_shared<PngEncoder>(shared_.options.effort)](std::size_t column) {
                write_tile(static_cast<int>(column), *png);
            };
        });
        ++tile_row_;
        // The row above what the next tiles overlap goes; one stays for the halving.
        const int needed = std::min(top_of(tile_row_), given_ - 1);
        for (; first_ < needed; ++first_)
            rows_.pop_front();
    }

    void write_tile(int column, PngEncoder& png) const {
        const int left = std::max(0, column * size() - shared_.options.overlap);
        const int right = std::min(width_, (column + 1) * size() + shared_.options.overlap);
        const int top = top_of(tile_row_), bottom = bottom_of(tile_row_);
        const std::size_t wide = static_cast<std::size_t>(right - left) * channels_;
        std::vector<std::byte> pixels(wide * static_cast<std::size_t>(bottom - top));
        for (int y = top; y < bottom; ++y)
            std::memcpy(&pixels[static_cast<std::size_t>(y - top) * wide],
                        &rows_[static_cast<std::size_t>(y - first_)][static_cast<std::size_t>(left) * channels_], wide);
        const bool jpeg = shared_.options.format == TileFormat::jpeg;
        shared_.tree.write(
            fmt::format("{}_files/{}/{}_{}{}", shared_.options.name, number_, column, tile_row_,
                        extension_of(shared_.options.format)),
            jpeg ? encode_jpeg(opaque(std::move(pixels)).data(), right - left, bottom - top, shared_.options.quality)
                 : png.encode(shared_.mode, pixels.data(), right - left, bottom - top));
    }

    // JPEG has no transparency: what can't be seen is white.
    std::vector<std::byte> opaque(std::vector<std::byte> pixels) const {
        if (channels_ == 3) return pixels;
        const std::size_t count = pixels.size() / 4;
        for (std::size_t i = 0; i < count; ++i) {
            const auto alpha = static_cast<unsigned>(pixels[4 * i + 3]);
            for (std::size_t c = 0; c < 3; ++c)
                pixels[3 * i + c] = static_cast<std::byte>(
                    (static_cast<unsigned>(pixels[4 * i + c]) * alpha + 255 * (255 - alpha) + 127) / 255);
        }
        pixels.resize(count * 3);
        return pixels;
    }

    const Shared& shared_;
    int number_, width_, height_;
    std::size_t channels_;
    std::unique_ptr<Level> coarser_;
    std::deque<Row> rows_;
    int first_ = 0;     // the number of the first of them
    int given_ = 0;     // rows so far
    int tile_row_ = 0;  // the next
};

int levels_for(int width, int height) {
    int levels = 0;
    while ((std::int64_t{1} << levels) < std::max(width, height))
        ++levels;
    return levels;
}

void check(const PixelRows& rows, const DeepZoomOptions& options) {
    const auto refuse = [](const std::string& why) { throw Error(Error::Kind::invalid, why); };
    if (!is_picture(rows.mode())) refuse("Deep Zoom shows pictures, and this is an image of numbers");
    if (options.format != TileFormat::jpeg && options.format != TileFormat::png)
        refuse("tiles of Deep Zoom are JPEG or PNG");
    if (options.tile_size < 16 || options.tile_size > 2048)
        refuse("tiles of Deep Zoom are from 16 to 2048 pixels wide");
    if (options.overlap < 0 || options.overlap > options.tile_size / 2)
        refuse("tiles can't overlap by more than half of their width");
    if (options.name.empty() || options.name.find('/') != std::string::npos)
        refuse("the name of a Deep Zoom picture is one of a file");
}

}  // namespace

void make_deep_zoom(PixelRows& rows, const DeepZoomOptions& options, FileTree& tree) {
    check(rows, options);
    const unsigned threads = options.threads != 0 ? options.threads : static_cast<unsigned>(usable_cores());
    const Shared shared{options, tree, rows.mode(), threads};
    Level finest(shared, levels_for(rows.width(), rows.height()), rows.width(), rows.height());
    Row row(rows.row_bytes());
    for (int y = 0; y < rows.height(); ++y) {
        rows.read(row.data());
        finest.add(row);
    }
    tree.write(options.name + ".dzi",
               fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\" Format=\"{}\" Overlap=\"{}\" "
                           "TileSize=\"{}\">\n  <Size Width=\"{}\" Height=\"{}\"/>\n</Image>\n",
                           extension_of(options.format).substr(1), options.overlap, options.tile_size, rows.width(),
                           rows.height()));
    tree.finish();
}

}  // namespace atelier::pipelines::sky
