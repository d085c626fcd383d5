#include "media/screen_rows.h"

#include <half.h>

#include <algorithm>
#include <cmath>

namespace atelier::media {
namespace {

constexpr std::size_t half_values = 65536;
constexpr double filmic_exposure = 0.6;  // brings middle grey of the curve to where the standard one has it

double to_linear(double value) { return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); }

double to_srgb(double value) { return value <= 0.0031308 ? value * 12.92 : 1.055 * std::pow(value, 1 / 2.4) - 0.055; }

// The ACES curve as Krzysztof Narkowicz fitted it.
double filmic(double light) {
    const double x = light * filmic_exposure;
    return x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14);
}

double map_light(double light, const ToneMapping& mapping) {
    if (std::isnan(light) || light <= 0) return 0;
    const double exposed = std::min(light * std::exp2(mapping.exposure), 1e6);
    const double curved = mapping.curve == ToneMapping::Curve::filmic ? filmic(exposed) : exposed;
    return to_srgb(std::clamp(curved, 0.0, 1.0));
}

std::vector<float> make_table(const ToneMapping& mapping, ChannelDepth depth) {
    const auto size = static_cast<std::size_t>(largest_value(depth)) + 1;
    std::vector<float> table(depth == ChannelDepth::real ? half_values : size);
    const bool as_it_is = depth == ChannelDepth::eight || mapping == ToneMapping{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (depth == ChannelDepth::real) {
            half value;
            value.setBits(static_cast<std::uint16_t>(i));
            table[i] = static_cast<float>(map_light(static_cast<float>(value), mapping));
        } else {
            const double value = static_cast<double>(i) / largest_value(depth);
            table[i] = static_cast<float>(as_it_is ? value : map_light(to_linear(value), mapping));
        }
    }
    return table;
}

// How much of each row (or column) of `from` goes into one of `to`, from the first it touches.
struct Share {
    int first = 0;
    std::vector<float> weights;
};

std::vector<Share> make_shares(int from, int to) {
    std::vector<Share> shares(static_cast<std::size_t>(to));
    const double size = static_cast<double>(from) / to;
    for (int i = 0; i < to; ++i) {
        const double begin = i * size, end = std::min((i + 1) * size, static_cast<double>(from));
        Share& share = shares[static_cast<std::size_t>(i)];
        share.first = static_cast<int>(begin);
        for (int k = share.first; k < end; ++k)
            share.weights.push_back(static_cast<float>((std::min(end, k + 1.0) - std::max(begin, double(k))) / size));
    }
    return shares;
}

// A row made narrower.
void narrow(const std::vector<float>& row, const std::vector<Share>& columns, std::vector<float>& to) {
    for (std::size_t x = 0; x < columns.size(); ++x) {
        const float* pixel = row.data() + 3 * static_cast<std::size_t>(columns[x].first);
        float sums[3] = {0, 0, 0};
        for (const float weight : columns[x].weights)
            for (float& sum : sums)
                sum += weight * *pixel++;
        std::copy(sums, sums + 3, to.begin() + static_cast<std::ptrdiff_t>(3 * x));
    }
}

}  // namespace

ToneMapper::ToneMapper(const ToneMapping& mapping, ChannelDepth depth)
    : depth_(depth), table_(make_table(mapping, depth)) {}

float ToneMapper::operator()(float value) const {
    if (depth_ == ChannelDepth::real) return table_[half(value).bits()];
    return table_[static_cast<std::size_t>(value)];
}

ScreenRows::ScreenRows(const std::filesystem::path& path, const ToneMapping& mapping)
    : picture_(open_picture(path)),
      tone_(mapping, picture_->info().depth),
      raw_(picture_->row_values()),
      row_(3 * static_cast<std::size_t>(picture_->info().width)) {}

const std::vector<float>& ScreenRows::next() {
    picture_->read(raw_.data());
    const PictureInfo& info = picture_->info();
    const auto channels = static_cast<std::size_t>(info.channels);
    const bool straight_alpha = channels % 2 == 0 && info.depth != ChannelDepth::real;
    const auto largest = static_cast<float>(largest_value(info.depth));
    for (std::size_t x = 0; x < row_.size() / 3; ++x) {
        const float* pixel = raw_.data() + x * channels;
        const float alpha = straight_alpha ? pixel[channels - 1] / largest : 1;
        for (std::size_t i = 0; i < 3; ++i)
            row_[3 * x + i] = alpha * tone_(pixel[channels < 3 ? 0 : i]);
    }
    return row_;
}

std::vector<float> shrink(ScreenRows& picture, int width, int height) {
    const auto columns = make_shares(picture.width(), width), rows = make_shares(picture.height(), height);
    const auto values = 3 * static_cast<std::size_t>(width);
    std::vector<float> small(values * static_cast<std::size_t>(height)), row(values);
    int read = 0;
    for (std::size_t y = 0; y < rows.size(); ++y) {
        float* to = small.data() + y * values;
        for (std::size_t i = 0; i < rows[y].weights.size(); ++i) {
            // The last row of one is often the first of the next, which is then still there.
            for (; read <= rows[y].first + static_cast<int>(i); ++read)
                narrow(picture.next(), columns, row);
            for (std::size_t k = 0; k < values; ++k)
                to[k] += rows[y].weights[i] * row[k];
        }
    }
    return small;
}

}  // namespace atelier::media
