#include "pipelines/sky/pixels/thumbnail.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pixels/thumbnail_shape.h"

namespace atelier::pipelines::sky {
namespace {

constexpr int thumbnail_width = 96;
constexpr int thumbnail_height = 45;
constexpr int jpeg_quality = 75;
constexpr double reach = 2;  // of the cubic curve, in pixels of the result
// Boxes are averaged first, to so many times the result's size at least; transparency shows the difference more.
constexpr double detail_of_boxes = 2;
constexpr double detail_with_alpha = 8;

// The nearest of the two whole numbers around a value, by how well the other side's shape is kept.
template <class Badness>
int best_around(double value, const Badness& badness) {
    const int lower = std::max(static_cast<int>(std::floor(value)), 1);
    const int upper = std::max(static_cast<int>(std::ceil(value)), 1);
    return badness(lower) <= badness(upper) ? lower : upper;
}

double cubic(double x) {
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

// What each pixel of the result takes of a line of pixels.
struct Share {
    int first = 0;
    std::vector<double> weights;
};

// `length`: of the line that is to fill the result; the last pixel may count in part.
std::vector<Share> shares_of(double length, int pixels, int result) {
    const double scale = length / result, widened = std::max(scale, 1.0);
    std::vector<Share> shares(static_cast<std::size_t>(result));
    for (int i = 0; i < result; ++i) {
        const double centre = (i + 0.5) * scale;
        const int first = std::max(static_cast<int>(centre - reach * widened + 0.5), 0);
        const int end = std::min(static_cast<int>(centre + reach * widened + 0.5), pixels);
        Share& share = shares[static_cast<std::size_t>(i)];
        share.first = first;
        double sum = 0;
        for (int at = first; at < end; ++at) {
            share.weights.push_back(cubic((at - centre + 0.5) / widened));
            sum += share.weights.back();
        }
        for (double& weight : share.weights)
            weight /= sum;
    }
    return shares;
}

// The curve goes below and above what there is. Without this, next to nothing of a cover would become bright edges.
double in_range(double value) { return std::clamp(std::round(value), 0.0, 255.0); }

}  // namespace

ThumbnailShape thumbnail_shape(int width, int height) {
    constexpr double aspect = double{thumbnail_width} / thumbnail_height;
    ThumbnailShape shape;
    const auto rounded = [](double value) { return static_cast<int>(std::nearbyint(value)); };
    shape.width = width;
    shape.height = height;
    if (double{1} * width / height > aspect) {
        shape.width = std::clamp(rounded(height * aspect), 1, width);
        shape.left = (width - shape.width) / 2;
    } else {
        shape.height = std::clamp(rounded(width / aspect), 1, height);
        shape.top = (height - shape.height) / 2;
    }
    shape.result_width = shape.width;
    shape.result_height = shape.height;
    if (shape.width <= thumbnail_width && shape.height <= thumbnail_height) return shape;
    const double own = double{1} * shape.width / shape.height;
    shape.result_width = thumbnail_width;
    shape.result_height = thumbnail_height;
    if (aspect >= own)
        shape.result_width = best_around(thumbnail_height * own,
                                         [&](int n) { return std::abs(own - double{1} * n / thumbnail_height); });
    else
        shape.result_height =
            best_around(thumbnail_width / own, [&](int n) { return std::abs(own - double{1} * thumbnail_width / n); });
    return shape;
}

// Rows are averaged in boxes, then brought to the result's width, and their part is
// added to the rows of the result that take of them.
struct ThumbnailMaker::State {
    State(int width, int height, Mode kind) : mode(kind), shape(thumbnail_shape(width, height)) {
        if (!is_picture(mode))
            throw Error(Error::Kind::invalid, "a thumbnail can be made of a picture in colours only",
                        "ask for an empty one by --placeholder-thumbnail");
        const double detail = mode == Mode::rgb ? detail_of_boxes : detail_with_alpha;
        box_width = std::max(static_cast<int>(shape.width / (shape.result_width * detail)), 1);
        box_height = std::max(static_cast<int>(shape.height / (shape.result_height * detail)), 1);
        columns = (shape.width + box_width - 1) / box_width;
        rows = (shape.height + box_height - 1) / box_height;
        across = shares_of(double{1} * shape.width / box_width, columns, shape.result_width);
        down = shares_of(double{1} * shape.height / box_height, rows, shape.result_height);
        sums.resize(static_cast<std::size_t>(columns) * channels());
        line.resize(static_cast<std::size_t>(shape.result_width) * channels());
        result.resize(static_cast<std::size_t>(shape.result_height) * line.size());
    }

    std::size_t channels() const { return pixel_bytes(mode); }

    void add(const std::byte* row) {
        const int y = next++ - shape.top;
        if (y < 0 || y >= shape.height) return;
        add_to_boxes(row + static_cast<std::size_t>(shape.left) * channels());
        if ((y + 1) % box_height == 0 || y + 1 == shape.height) finish_boxes(y % box_height + 1);
    }

    void add_to_boxes(const std::byte* row) {
        const std::size_t step = channels();
        double* to = sums.data();
        for (int x = 0; x < shape.width; to += step) {
            const int end = std::min(x + box_width, shape.width);
            const std::size_t pixels = static_cast<std::size_t>(end - x);
            step == 3 ? add_opaque(row, pixels, to) : add_covering(row, pixels, to);
            row += pixels * step;
            x = end;
        }
    }

    static void add_opaque(const std::byte* row, std::size_t pixels, double* to) {
        std::array<unsigned, 3> sum{};
        for (const std::byte* const end = row + 3 * pixels; row != end; row += 3)
            for (std::size_t i = 0; i < 3; ++i)
                sum[i] += std::to_integer<unsigned>(row[i]);
        for (std::size_t i = 0; i < 3; ++i)
            to[i] += sum[i];
    }

    static void add_covering(const std::byte* row, std::size_t pixels, double* to) {
        std::array<unsigned, 4> sum{};
        for (const std::byte* const end = row + 4 * pixels; row != end; row += 4) {
            const auto alpha = std::to_integer<unsigned>(row[3]);
            for (std::size_t i = 0; i < 3; ++i)
                sum[i] += (alpha * std::to_integer<unsigned>(row[i]) + 127) / 255;
            sum[3] += alpha;
        }
        for (std::size_t i = 0; i < 4; ++i)
            to[i] += sum[i];
    }

    void finish_boxes(int height) {
        for (int column = 0; column < columns; ++column) {
            const int width = std::min(box_width, shape.width - column * box_width);
            for (std::size_t i = 0; i < channels(); ++i)
                sums[static_cast<std::size_t>(column) * channels() + i] =
                    in_range(sums[static_cast<std::size_t>(column) * channels() + i] / (width * height));
        }
        shrink_across();
        spread_down(boxes_done++);
        std::fill(sums.begin(), sums.end(), 0);
    }

    void shrink_across() {
        for (std::size_t x = 0; x < across.size(); ++x)
            for (std::size_t i = 0; i < channels(); ++i) {
                double sum = 0;
                auto at = static_cast<std::size_t>(across[x].first) * channels() + i;
                for (const double weight : across[x].weights) {
                    sum += weight * sums[at];
                    at += channels();
                }
                line[x * channels() + i] = in_range(sum);
            }
    }

    void spread_down(int row) {
        for (std::size_t y = 0; y < down.size(); ++y) {
            const auto at = static_cast<std::size_t>(row - down[y].first);
            if (row < down[y].first || at >= down[y].weights.size()) continue;
            for (std::size_t i = 0; i < line.size(); ++i)
                result[y * line.size() + i] += down[y].weights[at] * line[i];
        }
    }

    std::vector<std::byte> picture() const {
        std::vector<std::byte> bytes;
        for (std::size_t at = 0; at < result.size(); at += channels()) {
            const double cover = channels() == 4 ? in_range(result[at + 3]) : 255;
            for (std::size_t i = 0; i < 3; ++i) {
                const double value = in_range(result[at + i]);
                bytes.push_back(static_cast<std::byte>(cover > 0 ? std::min(value * 255 / cover, 255.0) : value));
            }
        }
        return bytes;
    }

    Mode mode;
    ThumbnailShape shape;
    int box_width = 1, box_height = 1;
    int columns = 0, rows = 0;  // of boxes
    std::vector<Share> across, down;
    std::vector<double> sums;  // of a row of boxes; colours are weighed by their cover
    std::vector<double> line;  // the same, as wide as the result
    std::vector<double> result;
    int next = 0;
    int boxes_done = 0;
};

ThumbnailMaker::ThumbnailMaker(int width, int height, Mode mode)
    : state_(std::make_unique<State>(width, height, mode)) {}

ThumbnailMaker::~ThumbnailMaker() = default;

void ThumbnailMaker::add(const std::byte* row) { state_->add(row); }

std::string ThumbnailMaker::jpeg(bool upside_down) {
    const int width = state_->shape.result_width, height = state_->shape.result_height;
    std::vector<std::byte> picture = state_->picture();
    if (upside_down) {
        const auto row = static_cast<std::ptrdiff_t>(width) * 3;
        for (std::ptrdiff_t y = 0; y < height / 2; ++y)
            std::swap_ranges(picture.begin() + y * row, picture.begin() + (y + 1) * row,
                             picture.begin() + (height - 1 - y) * row);
    }
    return encode_jpeg(picture.data(), width, height, jpeg_quality);
}

std::string placeholder_thumbnail() {
    const std::vector<std::byte> black(std::size_t{thumbnail_width} * thumbnail_height * 3);
    return encode_jpeg(black.data(), thumbnail_width, thumbnail_height, jpeg_quality);
}

}  // namespace atelier::pipelines::sky
