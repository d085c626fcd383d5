#include "media/picture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "media/exr.h"
#include "media/part_layout.h"
#include "media/picture_head.h"
#include "media/picture_rows.h"
#include "media/picture_writer.h"
#include "process/child.h"

namespace atelier::media {
namespace {

constexpr std::size_t magic_size = 16;
constexpr std::size_t most_pictures = 4096;

const std::map<std::string, PictureKind, std::less<>>& extensions() {
    using enum PictureKind;
    static const std::map<std::string, PictureKind, std::less<>> table = {
        {".png", png},  {".jpg", jpeg}, {".jpeg", jpeg}, {".tif", tiff},  {".tiff", tiff}, {".webp", webp},
        {".hdr", hdr},  {".exr", exr},  {".jp2", jp2},   {".j2c", jp2},   {".gif", gif},   {".ppm", ppm},
        {".pgm", ppm},  {".pnm", ppm},  {".bmp", bmp},   {".tga", targa}, {".rgb", sgi},   {".sgi", sgi},
        {".iris", sgi}, {".dpx", dpx},  {".cin", cineon}};
    return table;
}

struct Magic {
    std::string_view bytes;
    PictureKind kind;
};

const std::vector<Magic>& magics() {
    using std::string_view_literals::operator""sv;
    using enum PictureKind;
    static const std::vector<Magic> table = {{"\x89PNG\r\n\x1a\n"sv, png},
                                             {"\xff\xd8\xff"sv, jpeg},
                                             {"II*\0"sv, tiff},
                                             {"MM\0*"sv, tiff},
                                             {"#?RADIANCE"sv, hdr},
                                             {"#?RGBE"sv, hdr},
                                             {"\x76\x2f\x31\x01"sv, exr},
                                             {"\0\0\0\x0cjP  "sv, jp2},
                                             {"\xff\x4f\xff\x51"sv, jp2},
                                             {"GIF8"sv, gif},
                                             {"P5"sv, ppm},
                                             {"P6"sv, ppm},
                                             {"BM"sv, bmp},
                                             {"\x01\xda"sv, sgi},
                                             {"SDPX"sv, dpx},
                                             {"XPDS"sv, dpx},
                                             {"\x80\x2a\x5f\xd7"sv, cineon},
                                             {"\xd7\x5f\x2a\x80"sv, cineon}};
    return table;
}

std::string read_at(const Fd& file, std::uint64_t offset, std::size_t count) {
    std::string bytes(count, '\0');
    const ssize_t got = ::pread(file.get(), bytes.data(), count, static_cast<off_t>(offset));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

PictureBytes open_bytes(const std::filesystem::path& path, Fd& file) {
    file = open_file(path, O_RDONLY);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw Error::from_errno("cannot read " + path.string());
    if (!S_ISREG(status.st_mode)) refuse_picture(path, "it is no file");
    if (status.st_size == 0) refuse_picture(path, "it is empty");
    return {static_cast<std::uint64_t>(status.st_size),
            [&file](std::uint64_t offset, std::size_t count) { return read_at(file, offset, count); }};
}

// By its bytes; a name that says otherwise is refused, since some programs go by the name. TARGA has no magic bytes.
PictureKind kind_of(const std::filesystem::path& path, const PictureBytes& bytes) {
    const auto named = kind_by_name(path);
    const auto found = kind_by_content(bytes.read(0, magic_size));
    if (!found && named != PictureKind::targa) refuse_picture(path, "it is no picture of a known kind");
    const PictureKind kind = found && named != PictureKind::targa ? *found : PictureKind::targa;
    if (named && named != kind)
        refuse_picture(path, "it is a " + std::string(to_string(kind)) + " picture, though its name says " +
                                 std::string(to_string(*named)));
    return kind;
}

// Formats that FFmpeg decodes, as a PNG that lies in a folder until the rows are read.
class ConvertedRows : public PictureRows {
public:
    ConvertedRows(const std::filesystem::path& path, PictureKind kind) {
        const auto plain = folder_.path() / "picture.png";
        const auto end = process::run_child({"ffmpeg",
                                             "-nostdin",
                                             "-v",
                                             "error",
                                             "-xerror",
                                             "-err_detect",
                                             "explode",
                                             "-f",
                                             "image2",
                                             "-pattern_type",
                                             "none",
                                             "-i",
                                             "file:" + std::filesystem::absolute(path).string(),
                                             "-frames:v",
                                             "1",
                                             "-f",
                                             "image2",
                                             "-update",
                                             "1",
                                             plain.string()});
        if (end.code != 0 || !std::filesystem::exists(plain))
            refuse_picture(path, "it can't be decoded (" + std::string(trim(end.complaints)) + ")");
        rows_ = open_vips_picture(plain, PictureKind::png);
        info_ = rows_->info();
        info_.kind = kind;
        info_.bytes = std::filesystem::file_size(path);
    }
    void read(float* row) override { rows_->read(row); }

private:
    TemporaryFolder folder_{"atelier-picture-"};
    std::unique_ptr<PictureRows> rows_;
};

bool needs_conversion(PictureKind kind) {
    using enum PictureKind;
    return kind == bmp || kind == targa || kind == sgi || kind == dpx || kind == cineon;
}

// Pink as Blender paints what has no texture: as much red as blue and little green, in every view transform. Shaded it
// has some green from the gloss.
bool is_pink(const float* pixel, ChannelDepth depth, double largest) {
    const double red = pixel[0] / largest, green = pixel[1] / largest, blue = pixel[2] / largest;
    const bool linear = depth == ChannelDepth::real;
    const double least = linear ? 0.1 : 0.35, most_green = linear ? 0.25 : 0.6;
    return red >= least && std::abs(red - blue) <= 0.0085 * std::max(red, 1.0) && green <= most_green * red;
}

// Sums of a picture's rows.
class Measuring {
public:
    explicit Measuring(const PictureInfo& info) : largest_(largest_value(info.depth)) {
        statistics_.info = info;
        statistics_.channels.resize(
            static_cast<std::size_t>(info.channels),
            {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0});
        counts_.resize(statistics_.channels.size());
    }

    void add(const float* pixel) {
        bool finite = true;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            const double value = pixel[i] / largest_;
            if (!std::isfinite(value)) {
                finite = false;
                continue;
            }
            auto& channel = statistics_.channels[i];
            channel.least = std::min(channel.least, value);
            channel.greatest = std::max(channel.greatest, value);
            channel.mean += value;
            ++counts_[i];
        }
        if (!finite) ++statistics_.not_finite;
        const bool seen = counts_.size() == 3 || (counts_.size() == 4 && pixel[3] > 0);
        if (finite && seen && is_pink(pixel, statistics_.info.depth, largest_)) ++statistics_.pink;
        ++statistics_.pixels;
    }

    PictureStatistics finish() {
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            auto& channel = statistics_.channels[i];
            if (counts_[i] == 0)
                channel = {};
            else
                channel.mean /= static_cast<double>(counts_[i]);
        }
        return std::move(statistics_);
    }

private:
    PictureStatistics statistics_;
    std::vector<std::uint64_t> counts_;
    double largest_;
};

double difference_of(float one, float other, double largest) {
    if (std::isfinite(one) && std::isfinite(other)) return std::abs(double{one} - double{other}) / largest;
    const bool same = (std::isnan(one) && std::isnan(other)) || one == other;
    return same ? 0 : std::numeric_limits<double>::infinity();
}

void check_writable(const PictureInfo& info, const std::filesystem::path& path) {
    if (info.kind != PictureKind::png)
        throw Error(Error::Kind::invalid,
                    path.string() + " is a " + std::string(to_string(info.kind)) +
                        " picture, which can't be put together without a loss",
                    "render to PNG or OpenEXR");
}

void join_png_parts(const std::vector<PicturePart>& parts, const std::filesystem::path& to) {
    std::vector<std::unique_ptr<PictureRows>> rows;
    std::vector<PictureInfo> infos;
    for (const PicturePart& part : parts) {
        rows.push_back(open_picture(part.path));
        infos.push_back(rows.back()->info());
        check_writable(infos.back(), part.path);
    }
    const PartLayout layout = lay_out_parts(parts, infos);
    PictureInfo info = infos[0];
    info.width = layout.width;
    info.height = layout.height;
    const auto channels = static_cast<std::size_t>(info.channels);
    PictureWriter writer(to, info);
    std::vector<float> row(static_cast<std::size_t>(info.width) * channels), part_row;
    std::vector<int> read(parts.size());  // rows are read from the top, also those that don't count
    for (int y = 0; y < layout.height; ++y) {
        for (const PlacedPart& placed : layout.placed) {
            if (y < placed.y || y >= placed.y + placed.from.height) continue;
            part_row.resize(rows[placed.part]->row_values());
            while (read[placed.part] <= placed.from.y + y - placed.y) {
                rows[placed.part]->read(part_row.data());
                ++read[placed.part];
            }
            std::copy_n(part_row.begin() + static_cast<std::ptrdiff_t>(channels) * placed.from.x,
                        channels * static_cast<std::size_t>(placed.from.width),
                        row.begin() + static_cast<std::ptrdiff_t>(channels) * placed.x);
        }
        writer.write(row.data());
    }
    // Up to the end, so that a damage below what counts is seen too.
    for (std::size_t i = 0; i < parts.size(); ++i) {
        part_row.resize(rows[i]->row_values());
        for (; read[i] < infos[i].height; ++read[i])
            rows[i]->read(part_row.data());
    }
    writer.finish_png_like(parts[0].path);
}

void average_png_pictures(const std::vector<std::filesystem::path>& pictures, const std::filesystem::path& to) {
    std::vector<std::unique_ptr<PictureRows>> rows;
    for (const auto& path : pictures) {
        rows.push_back(open_picture(path));
        check_writable(rows.back()->info(), path);
        const PictureInfo &info = rows.back()->info(), &first = rows[0]->info();
        if (info.width != first.width || info.height != first.height || info.channels != first.channels ||
            info.depth != first.depth)
            throw Error(Error::Kind::invalid,
                        path.string() + " has another size or depth than " + pictures[0].string());
    }
    PictureWriter writer(to, rows[0]->info());
    std::vector<double> sums(rows[0]->row_values());
    std::vector<float> row(sums.size());
    for (int y = 0; y < rows[0]->info().height; ++y) {
        std::fill(sums.begin(), sums.end(), 0.0);
        for (const auto& picture : rows) {
            picture->read(row.data());
            std::transform(row.begin(), row.end(), sums.begin(), sums.begin(),
                           [](float value, double sum) { return sum + value; });
        }
        std::transform(sums.begin(), sums.end(), row.begin(), [&](double sum) {
            return static_cast<float>(std::floor(sum / static_cast<double>(rows.size()) + 0.5));
        });
        writer.write(row.data());
    }
    writer.finish_png_like(pictures[0]);
}

}  // namespace

std::string_view to_string(PictureKind kind) {
    switch (kind) {
        case PictureKind::png: return "PNG";
        case PictureKind::jpeg: return "JPEG";
        case PictureKind::tiff: return "TIFF";
        case PictureKind::webp: return "WEBP";
        case PictureKind::hdr: return "Radiance HDR";
        case PictureKind::exr: return "OpenEXR";
        case PictureKind::jp2: return "JPEG 2000";
        case PictureKind::gif: return "GIF";
        case PictureKind::ppm: return "PPM";
        case PictureKind::bmp: return "BMP";
        case PictureKind::targa: return "TARGA";
        case PictureKind::sgi: return "SGI";
        case PictureKind::dpx: return "DPX";
        case PictureKind::cineon: return "Cineon";
    }
    return "?";
}

std::optional<PictureKind> kind_by_name(const std::filesystem::path& path) {
    const auto found = extensions().find(lower(path.extension().string()));
    return found == extensions().end() ? std::nullopt : std::optional(found->second);
}

std::optional<PictureKind> kind_by_content(std::string_view first_bytes) {
    if (first_bytes.starts_with("RIFF") && first_bytes.substr(8).starts_with("WEBP")) return PictureKind::webp;
    for (const Magic& magic : magics())
        if (first_bytes.starts_with(magic.bytes)) return magic.kind;
    return std::nullopt;
}

double largest_value(ChannelDepth depth) {
    return depth == ChannelDepth::eight ? 255 : depth == ChannelDepth::sixteen ? 65535 : 1;
}

void refuse_picture(const std::filesystem::path& path, const std::string& why) {
    throw Error(Error::Kind::invalid, "the picture " + path.string() + " can't be used: " + why);
}

static PictureInfo probe(const std::filesystem::path& path, Inks inks) {
    Fd file;
    const PictureBytes bytes = open_bytes(path, file);
    const PictureKind kind = kind_of(path, bytes);
    if (kind == PictureKind::exr) return probe_exr(path);
    try {
        if (const auto info = read_picture_head(kind, bytes)) return *info;
    } catch (const PictureProblem& problem) {
        refuse_picture(path, problem.text);
    }
    return open_vips_picture(path, kind, inks)->info();
}

PictureInfo probe_picture(const std::filesystem::path& path) { return probe(path, Inks::refused); }

std::unique_ptr<PictureRows> open_picture(const std::filesystem::path& path, Inks inks) {
    const PictureInfo info = probe(path, inks);
    if (info.kind == PictureKind::exr) return open_exr_picture(path);
    if (info.kind == PictureKind::ppm) return open_pnm_picture(path);
    if (needs_conversion(info.kind)) return std::make_unique<ConvertedRows>(path, info.kind);
    return open_vips_picture(path, info.kind, inks);
}

PictureInfo verify_picture(const std::filesystem::path& path) {
    const auto picture = open_picture(path);
    std::vector<float> row(picture->row_values());
    for (int y = 0; y < picture->info().height; ++y)
        picture->read(row.data());
    return picture->info();
}

PictureStatistics measure_picture(const std::filesystem::path& path) {
    const auto picture = open_picture(path);
    const PictureInfo& info = picture->info();
    Measuring measuring(info);
    std::vector<float> row(picture->row_values());
    for (int y = 0; y < info.height; ++y) {
        picture->read(row.data());
        for (std::size_t i = 0; i < row.size(); i += static_cast<std::size_t>(info.channels))
            measuring.add(row.data() + i);
    }
    return measuring.finish();
}

PictureDifference compare_pictures(const std::filesystem::path& one, const std::filesystem::path& other) {
    const auto first = open_picture(one), second = open_picture(other);
    const PictureInfo &info = first->info(), &others = second->info();
    if (info.width != others.width || info.height != others.height || info.channels != others.channels ||
        info.depth != others.depth)
        throw Error(Error::Kind::conflict,
                    one.string() + " and " + other.string() + " have different sizes, channels or depths");
    PictureDifference difference;
    std::vector<float> row(first->row_values()), other_row(row.size());
    for (int y = 0; y < info.height; ++y) {
        first->read(row.data());
        second->read(other_row.data());
        for (std::size_t i = 0; i < row.size(); i += static_cast<std::size_t>(info.channels)) {
            double greatest = 0;
            for (std::size_t k = i; k < i + static_cast<std::size_t>(info.channels); ++k)
                greatest = std::max(greatest, difference_of(row[k], other_row[k], largest_value(info.depth)));
            if (greatest > 0) ++difference.pixels;
            difference.greatest = std::max(difference.greatest, greatest);
        }
    }
    return difference;
}

void join_parts(const std::vector<PicturePart>& parts, const std::filesystem::path& to) {
    if (!parts.empty() && probe_picture(parts[0].path).kind == PictureKind::exr) return join_exr_parts(parts, to);
    join_png_parts(parts, to);
}

void average_pictures(const std::vector<std::filesystem::path>& pictures, const std::filesystem::path& to) {
    if (pictures.empty() || pictures.size() > most_pictures)
        throw Error(Error::Kind::invalid, "there is no mean of " + std::to_string(pictures.size()) + " pictures");
    if (probe_picture(pictures[0]).kind == PictureKind::exr) return average_exr_pictures(pictures, to);
    average_png_pictures(pictures, to);
}

}  // namespace atelier::media
