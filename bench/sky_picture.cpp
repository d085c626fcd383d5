// sky_picture SIDE FILE: a picture like those of the sky, as JPEG: clouds of light in all sizes, stars, and the noise
// of a camera. Always the same one.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

// libjpeg's header wants the above before.
#include <jpeglib.h>

namespace {

constexpr int largest_cloud = 4096;
constexpr int smallest_cloud = 16;
constexpr int stars_per_megapixel = 224;
constexpr int star_reach = 8;
constexpr int quality = 85;
constexpr float grain_strength = 2.8f;

// Light between the corners of a grid, of which two rows are known at a time.
class Clouds {
public:
    Clouds(int side, int size, unsigned seed)
        : size_(size), random_(seed), upper_(side / size + 2), lower_(upper_.size()), row_(side) {
        fill(upper_);
        fill(lower_);
    }

    void add_row(int y, float weight, std::vector<float>& to) {
        if (y > 0 && y % size_ == 0) {
            upper_.swap(lower_);
            fill(lower_);
        }
        const float down = smooth(static_cast<float>(y % size_) / static_cast<float>(size_));
        for (std::size_t cell = 0; cell + 1 < upper_.size(); ++cell) {
            const float left = upper_[cell] + (lower_[cell] - upper_[cell]) * down;
            const float right = upper_[cell + 1] + (lower_[cell + 1] - upper_[cell + 1]) * down;
            const std::size_t begin = cell * static_cast<std::size_t>(size_);
            for (std::size_t x = 0; x < static_cast<std::size_t>(size_) && begin + x < to.size(); ++x)
                to[begin + x] +=
                    weight * (left + (right - left) * smooth(static_cast<float>(x) / static_cast<float>(size_)));
        }
    }

private:
    static float smooth(float part) { return part * part * (3 - 2 * part); }
    void fill(std::vector<float>& corners) {
        for (float& corner : corners)
            corner = static_cast<float>(random_()) / 4294967296.0f;
    }

    int size_;
    std::mt19937 random_;
    std::vector<float> upper_, lower_, row_;
};

struct Star {
    int x, y;
    float light, width;
};

std::vector<Star> make_stars(int side) {
    std::mt19937 random(7);
    const auto part = [&] { return static_cast<float>(random()) / 4294967296.0f; };
    std::vector<Star> stars(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) / 1'000'000 *
                            stars_per_megapixel);
    for (Star& star : stars) {
        star = {static_cast<int>(random() % static_cast<unsigned>(side)),
                static_cast<int>(random() % static_cast<unsigned>(side)), 0, 0.7f + 1.3f * part()};
        star.light = 40 / (0.15f + part());
    }
    std::sort(stars.begin(), stars.end(), [](const Star& one, const Star& other) { return one.y < other.y; });
    return stars;
}

void add_star(const Star& star, int y, std::vector<float>& row) {
    for (int x = std::max(star.x - star_reach, 0); x < std::min<int>(star.x + star_reach, static_cast<int>(row.size()));
         ++x) {
        const auto distance = static_cast<float>((x - star.x) * (x - star.x) + (y - star.y) * (y - star.y));
        row[static_cast<std::size_t>(x)] += star.light * std::exp(-distance / (2 * star.width * star.width));
    }
}

}  // namespace

int main(int count, char** words) {
    const int side = count == 3 ? std::atoi(words[1]) : 0;
    std::FILE* const file = side > 0 ? std::fopen(words[2], "wb") : nullptr;
    if (!file) return std::fprintf(stderr, "usage: sky_picture SIDE FILE\n"), 2;

    jpeg_compress_struct codec{};
    jpeg_error_mgr errors{};
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    jpeg_stdio_dest(&codec, file);
    codec.image_width = codec.image_height = static_cast<JDIMENSION>(side);
    codec.input_components = 3;
    codec.in_color_space = JCS_RGB;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, quality, TRUE);
    jpeg_start_compress(&codec, TRUE);

    std::vector<Clouds> clouds;
    for (unsigned colour = 0; colour < 3; ++colour)
        for (int size = largest_cloud; size >= smallest_cloud; size /= 2)
            clouds.emplace_back(side, size, 100 * colour + static_cast<unsigned>(size));
    const std::vector<Star> stars = make_stars(side);
    std::size_t first_star = 0;
    unsigned noise = 1;
    const auto pixels = static_cast<std::size_t>(side);
    std::vector<float> light[3], star_light(pixels);
    std::vector<JSAMPLE> row(pixels * 3);
    for (int y = 0; y < side; ++y) {
        std::size_t cloud = 0;
        for (auto& colour : light) {
            colour.assign(pixels, -40);
            float weight = 90;
            for (int size = largest_cloud; size >= smallest_cloud; size /= 2, weight *= 0.6f)
                clouds[cloud++].add_row(y, weight, colour);
        }
        std::fill(star_light.begin(), star_light.end(), 0.0f);
        while (first_star < stars.size() && stars[first_star].y < y - star_reach)
            ++first_star;
        for (std::size_t i = first_star; i < stars.size() && stars[i].y <= y + star_reach; ++i)
            add_star(stars[i], y, star_light);
        for (std::size_t at = 0; at < row.size(); ++at) {
            noise = noise * 1664525u + 1013904223u;
            const float grain = static_cast<float>(noise >> 30) + static_cast<float>(noise >> 28 & 3) - 3;
            const float sum = light[at % 3][at / 3] + star_light[at / 3] + grain_strength * grain;
            row[at] = static_cast<JSAMPLE>(std::clamp(sum, 0.0f, 255.0f));
        }
        JSAMPROW rows = row.data();
        jpeg_write_scanlines(&codec, &rows, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    return std::fclose(file) == 0 ? 0 : 1;
}
