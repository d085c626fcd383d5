#include "media/look.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "media/picture_writer.h"
#include "media/screen_rows.h"

namespace atelier::media {
namespace {

constexpr double most_stops = 32;
constexpr int gap = 4;                // between the cells of a sheet
constexpr int border = 3;             // of a marked cell
constexpr int longest_side = 20'000;  // of a thumbnail or a sheet
using Colour = std::array<std::uint8_t, 3>;
constexpr Colour ground = {32, 32, 32};
constexpr Colour red = {220, 40, 40};

struct Size {
    int width;
    int height;
};

Size fit(int width, int height, int most_width, int most_height) {
    const double scale =
        std::min({1.0, static_cast<double>(most_width) / width, static_cast<double>(most_height) / height});
    return {std::max(1, static_cast<int>(std::lround(width * scale))),
            std::max(1, static_cast<int>(std::lround(height * scale)))};
}

void check_side(int side) {
    if (side < 1 || side > longest_side)
        throw Error(Error::Kind::invalid, "a look of " + std::to_string(side) + " pixels is not made",
                    "take 1 to " + std::to_string(longest_side));
}

void finish(PictureWriter& writer, const std::filesystem::path& to, int jpeg_quality) {
    if (kind_by_name(to) == PictureKind::png)
        writer.finish_png();
    else
        writer.finish_jpeg(jpeg_quality);
}

void check_name(const std::filesystem::path& to) {
    const auto kind = kind_by_name(to);
    if (kind == PictureKind::png || kind == PictureKind::jpeg) return;
    throw Error(Error::Kind::invalid, "a look can't be written as " + to.filename().string(), "call it .jpg or .png");
}

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(value * 255 + 0.5f); }

// A picture of bytes in memory: the sheet.
class Canvas {
public:
    Canvas(int width, int height)
        : width_(width),
          height_(height),
          bytes_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {
        fill({0, 0, width, height}, ground);
    }
    void fill(const Area& area, const Colour& colour) {
        for (int y = area.y; y < area.y + area.height; ++y)
            for (int x = area.x; x < area.x + area.width; ++x)
                std::copy(colour.begin(), colour.end(), at(x, y));
    }
    void put(const std::vector<float>& picture, const Area& area) {
        const auto values = static_cast<std::size_t>(area.width) * 3;
        for (int y = 0; y < area.height; ++y)
            std::transform(picture.begin() + static_cast<std::ptrdiff_t>(values) * y,
                           picture.begin() + static_cast<std::ptrdiff_t>(values) * (y + 1), at(area.x, area.y + y),
                           to_byte);
    }
    void write(PictureWriter& writer) const {
        std::vector<float> row(static_cast<std::size_t>(width_) * 3);
        for (int y = 0; y < height_; ++y) {
            const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(row.size()) * y;
            std::copy(begin, begin + static_cast<std::ptrdiff_t>(row.size()), row.begin());
            writer.write(row.data());
        }
    }

private:
    std::vector<std::uint8_t>::iterator at(int x, int y) {
        return bytes_.begin() + (static_cast<std::ptrdiff_t>(y) * width_ + x) * 3;
    }

    int width_;
    int height_;
    std::vector<std::uint8_t> bytes_;
};

// Evenly some of them, with the first and the last.
std::vector<SheetFrame> pick(const std::vector<SheetFrame>& frames, std::size_t most) {
    if (frames.size() <= most) return frames;
    if (most == 1) return {frames.front()};
    std::vector<SheetFrame> picked;
    for (std::size_t i = 0; i < most; ++i)
        picked.push_back(frames[i * (frames.size() - 1) / (most - 1)]);
    return picked;
}

void draw_cell(Canvas& canvas, const SheetFrame& frame, const Area& cell, const ToneMapping& mapping) {
    if (frame.marked)
        canvas.fill({cell.x - border, cell.y - border, cell.width + 2 * border, cell.height + 2 * border}, red);
    try {
        ScreenRows picture(frame.path, mapping);
        const Size size = fit(picture.width(), picture.height(), cell.width, cell.height);
        canvas.put(shrink(picture, size.width, size.height),
                   {cell.x + (cell.width - size.width) / 2, cell.y + (cell.height - size.height) / 2, size.width,
                    size.height});
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::unavailable) throw;
        canvas.fill(cell, red);  // a sheet shows what is there, also that a frame is broken
    }
}

// What follows the sign; NaN for what is no number.
double parse_stops(std::string_view text) {
    const bool begins = !text.empty() && text.find_first_of("+-") == std::string_view::npos;
    return begins ? parse_number(text).value_or(std::nan("")) : std::nan("");
}

int columns_for(std::size_t cells, const SheetOptions& options) {
    if (options.columns > 0) return std::min(options.columns, static_cast<int>(cells));
    const double square = std::sqrt(static_cast<double>(cells) * options.cell_height / options.cell_width);
    return std::clamp(static_cast<int>(std::ceil(square)), 1, static_cast<int>(cells));
}

}  // namespace

ToneMapping parse_tone_mapping(std::string_view text) {
    const auto sign = std::min(text.find_first_of("+-"), text.size());
    const auto name = text.substr(0, sign);
    const double stops = sign < text.size() ? parse_stops(text.substr(sign + 1)) : 0;
    if ((name != "standard" && name != "filmic") || !(stops <= most_stops))
        throw Error(Error::Kind::invalid, "there is no tone mapping \"" + printable(text.substr(0, 40)) + "\"",
                    "it is standard or filmic, with stops of exposure if need be: filmic+1.5");
    return {name == "filmic" ? ToneMapping::Curve::filmic : ToneMapping::Curve::standard,
            sign < text.size() && text[sign] == '-' ? -stops : stops};
}

void make_thumbnail(const std::filesystem::path& from, const std::filesystem::path& to,
                    const ThumbnailOptions& options) {
    check_name(to);
    check_side(options.width);
    check_side(options.height);
    ScreenRows picture(from, options.tone_mapping);
    const Size size = fit(picture.width(), picture.height(), options.width, options.height);
    Canvas canvas(size.width, size.height);
    canvas.put(shrink(picture, size.width, size.height), {0, 0, size.width, size.height});
    PictureWriter writer(to, {PictureKind::png, size.width, size.height, 3, ChannelDepth::eight, 0});
    canvas.write(writer);
    finish(writer, to, options.jpeg_quality);
}

void make_contact_sheet(const std::vector<SheetFrame>& frames, const std::filesystem::path& to,
                        const SheetOptions& options) {
    check_name(to);
    if (frames.empty()) throw Error(Error::Kind::invalid, "a contact sheet of no frames is not made");
    const auto shown = pick(frames, std::max<std::size_t>(options.max_cells, 1));
    const int columns = columns_for(shown.size(), options);
    const int rows = (static_cast<int>(shown.size()) + columns - 1) / columns;
    check_side(options.cell_width);
    check_side(options.cell_height);
    const int step_x = options.cell_width + gap, step_y = options.cell_height + gap;
    if (columns > longest_side / step_x || rows > longest_side / step_y)
        throw Error(Error::Kind::invalid,
                    "the contact sheet would be larger than " + std::to_string(longest_side) + " pixels",
                    "take smaller or fewer cells");
    const int width = columns * step_x + gap, height = rows * step_y + gap;
    Canvas canvas(width, height);
    for (int i = 0; i < static_cast<int>(shown.size()); ++i)
        draw_cell(canvas, shown[static_cast<std::size_t>(i)],
                  {gap + i % columns * step_x, gap + i / columns * step_y, options.cell_width, options.cell_height},
                  options.tone_mapping);
    PictureWriter writer(to, {PictureKind::png, width, height, 3, ChannelDepth::eight, 0});
    canvas.write(writer);
    finish(writer, to, options.jpeg_quality);
}

}  // namespace atelier::media
