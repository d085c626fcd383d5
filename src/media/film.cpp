#include "media/film.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace atelier::media {
namespace {

constexpr double slowest_rate = 0.01;
constexpr double fastest_rate = 1000;
constexpr double fastest_gif = 50;  // its clock has hundredths, and two of them are the least that is shown
constexpr int largest_term = 1'000'000;
constexpr std::size_t named_frames = 5;
constexpr int longest_delay = 3;  // frames between decoding and showing: the encoders reorder over two
constexpr int smallest_h265_side = 16;
constexpr int smallest_svt_side = 64;  // SVT-AV1 takes no smaller pictures

struct CodecRow {
    std::string_view name;
    std::string_view extension;
    std::string_view container;  // FFmpeg's name
    std::string_view decoded;    // the codec's name by ffprobe
};

constexpr std::array<CodecRow, 6> codecs = {{{"h264", ".mp4", "mp4", "h264"},
                                             {"h265", ".mp4", "mp4", "hevc"},
                                             {"vp9", ".webm", "webm", "vp9"},
                                             {"av1", ".webm", "webm", "av1"},
                                             {"prores", ".mov", "mov", "prores"},
                                             {"gif", ".gif", "gif", "gif"}}};
constexpr std::array<std::string_view, 4> qualities = {"draft", "good", "best", "lossless"};

const CodecRow& row_of(FilmCodec codec) { return codecs[static_cast<std::size_t>(codec)]; }

using Words = std::vector<std::string>;

void add(Words& words, std::initializer_list<std::string> more) { words.insert(words.end(), more); }

// Draft, good, best.
std::string by_quality(FilmQuality quality, const char* draft, const char* good, const char* best) {
    return quality == FilmQuality::draft ? draft : quality == FilmQuality::good ? good : best;
}

bool is_lossless(const FilmSettings& settings) { return settings.quality == FilmQuality::lossless; }

// The pixels as the codec takes them.
std::string pixel_format_of(const FilmSettings& settings) {
    if (is_lossless(settings)) return settings.codec == FilmCodec::h264 ? "rgb24" : "gbrp";
    if (settings.codec == FilmCodec::prores) return "yuv422p10le";
    return settings.codec == FilmCodec::gif ? "rgb24" : "yuv420p";
}

struct FilmSize {
    int width;
    int height;
};

FilmSize film_size(const FilmSettings& settings, const PictureInfo& info) {
    const std::string format = pixel_format_of(settings);
    const int width = format.starts_with("yuv") ? info.width + info.width % 2 : info.width;
    const int height = format == "yuv420p" ? info.height + info.height % 2 : info.height;
    return {width, height};
}

std::string filters_of(const FilmSettings& settings, const FilmInput& input) {
    const PictureInfo& info = input.info;
    const FilmSize size = film_size(settings, info);
    const std::string format = pixel_format_of(settings);
    Words filters;
    if (!input.pattern.empty() && info.channels % 2 == 0) add(filters, {"format=gbrap", "premultiply=inplace=1"});
    if (size.width != info.width || size.height != info.height)
        add(filters, {"format=gbrp", "pad=" + std::to_string(size.width) + ":" + std::to_string(size.height),
                      "fillborders=right=" + std::to_string(size.width - info.width) +
                          ":bottom=" + std::to_string(size.height - info.height) + ":mode=smear"});
    if (format.starts_with("yuv"))
        filters.push_back("scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int");
    filters.push_back("format=" + format);
    if (settings.codec == FilmCodec::gif)
        filters.push_back("split[all][each];[all]palettegen[colours];[each][colours]paletteuse");
    return join(filters, ",");
}

void add_codec(Words& words, const FilmSettings& settings, const PictureInfo& info) {
    const FilmQuality quality = settings.quality;
    switch (settings.codec) {
        case FilmCodec::h264:
            if (is_lossless(settings)) return add(words, {"-c:v", "libx264rgb", "-preset", "medium", "-qp", "0"});
            return add(words, {"-c:v", "libx264", "-preset", by_quality(quality, "veryfast", "medium", "slow"), "-crf",
                               by_quality(quality, "28", "20", "16")});
        case FilmCodec::h265:
            // Without its own note on the machine, so that chunks of several machines have the same parameters.
            add(words, {"-c:v", "libx265", "-tag:v", "hvc1"});
            if (is_lossless(settings))
                return add(words, {"-preset", "medium", "-x265-params", "log-level=error:info=0:lossless=1"});
            return add(words, {"-preset", by_quality(quality, "veryfast", "medium", "slow"), "-crf",
                               by_quality(quality, "30", "23", "18"), "-x265-params", "log-level=error:info=0"});
        case FilmCodec::vp9:
            add(words,
                {"-c:v", "libvpx-vp9", "-b:v", "0", "-row-mt", "1", "-deadline",
                 by_quality(quality, "realtime", "good", "good"), "-cpu-used", by_quality(quality, "8", "4", "1")});
            if (is_lossless(settings)) return add(words, {"-lossless", "1"});
            return add(words, {"-crf", by_quality(quality, "40", "31", "22")});
        case FilmCodec::av1:
            if (std::min(info.width, info.height) < smallest_svt_side)
                return add(words, {"-c:v", "libaom-av1", "-b:v", "0", "-cpu-used", "6", "-crf",
                                   by_quality(quality, "45", "35", "25")});
            return add(words, {"-c:v", "libsvtav1", "-preset", by_quality(quality, "10", "8", "5"), "-crf",
                               by_quality(quality, "45", "35", "25")});
        case FilmCodec::prores:
            return add(words,
                       {"-c:v", "prores_ks", "-vendor", "apl0", "-profile:v", by_quality(quality, "0", "2", "3")});
        case FilmCodec::gif: return add(words, {"-c:v", "gif"});
    }
}

void add_container(Words& words, const FilmSettings& settings, const std::filesystem::path& film) {
    const std::string container(row_of(settings.codec).container);
    if (container == "mp4" || container == "mov") add(words, {"-movflags", "+faststart"});  // plays while it loads
    if (container == "gif") add(words, {"-loop", "0"});
    add(words, {"-map_metadata", "-1", "-f", container, "file:" + film.string()});
}

Words begin_arguments() {
    return {"-nostdin", "-hide_banner", "-v",     "error",         "-y", "-xerror",
            "-nostats", "-progress",    "pipe:1", "-stats_period", "0.2"};
}

// Chunks lie behind each other by lengths that are rounded, and a chunk of one or two frames has another delay between
// decoding and showing than longer ones. So each frame gets the time of its place again.
std::string steady_times(const FilmSettings& settings) {
    const std::string rate = "(" + to_string(settings.rate) + ")";
    const std::string shown = "round(PTS*TB*" + rate + ")/" + rate + "/TB";
    const bool reorders = settings.codec == FilmCodec::h264 || settings.codec == FilmCodec::h265;
    if (!reorders) return "setts=ts=" + shown;
    return "setts=pts=" + shown + ":dts=(N-" + std::to_string(longest_delay) + ")/" + rate + "/TB";
}

template <class Names>
std::size_t index_of(const Names& names, std::string_view text) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), text) - names.begin());
}

FrameRate reduced(std::int64_t numerator, std::int64_t denominator) {
    const auto common = std::gcd(numerator, denominator);
    return {static_cast<int>(numerator / common), static_cast<int>(denominator / common)};
}

double value_of(FrameRate rate) { return static_cast<double>(rate.numerator) / rate.denominator; }

// A decimal is one of television's rates, n*1000/1001, when it is as near as three digits tell; else thousandths.
std::optional<FrameRate> rate_of_decimal(double value) {
    if (!(value >= slowest_rate && value <= fastest_rate)) return std::nullopt;
    const auto whole = static_cast<std::int64_t>(std::ceil(value));
    const double television = static_cast<double>(whole) * 1000 / 1001;
    if (value < static_cast<double>(whole) && std::abs(value - television) < 0.0055) return reduced(whole * 1000, 1001);
    return reduced(std::llround(value * 1000), 1000);
}

// Too many to name are cut.
class Complaints {
public:
    void add(const std::string& text) {
        if (++count_ <= named_frames) texts_.push_back(text);
    }
    void throw_if_any() const {
        if (count_ == 0) return;
        std::string text = join(texts_, "; ");
        if (count_ > named_frames) text += "; and " + std::to_string(count_ - named_frames) + " more";
        throw Error(Error::Kind::invalid, "the frames don't make a film: " + text, "render these frames again");
    }

private:
    std::size_t count_ = 0;
    Words texts_;
};

std::string size_text(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }

std::string depth_text(ChannelDepth depth) {
    return depth == ChannelDepth::eight ? "8 bits" : depth == ChannelDepth::sixteen ? "16 bits" : "floating point";
}

void check_alike(const std::string& name, const PictureInfo& info, const std::string& first_name,
                 const PictureInfo& first, Complaints& complaints) {
    if (info.width != first.width || info.height != first.height)
        complaints.add(name + " has " + size_text(info.width, info.height) + " pixels, " + first_name + " has " +
                       size_text(first.width, first.height));
    else if (info.kind != first.kind)
        complaints.add(name + " is a " + std::string(to_string(info.kind)) + " picture, " + first_name + " is not");
    else if (info.depth != first.depth)
        complaints.add(name + " is in " + depth_text(info.depth) + ", " + first_name + " in " +
                       depth_text(first.depth));
}

const json::Value* find(const json::Value* in, std::string_view key) {
    return in && in->is_object() ? in->get_object().if_contains(key) : nullptr;
}

std::string text_of(const json::Value* in, std::string_view key) {
    const auto* value = find(in, key);
    return value && value->is_string() ? std::string(value->get_string()) : "";
}

std::int64_t number_of(const json::Value* in, std::string_view key) {
    const auto* value = find(in, key);
    if (value && value->is_int64()) return value->get_int64();
    return parse_int(text_of(in, key)).value_or(0);
}

FrameRate rate_of_probe(const std::string& text) {
    const auto slash = text.find('/');
    const auto numerator = parse_int(std::string_view(text).substr(0, slash));
    const auto denominator = slash == std::string::npos ? 1 : parse_int(std::string_view(text).substr(slash + 1));
    constexpr std::int64_t most = 2'000'000'000;
    if (!numerator || !denominator || *numerator <= 0 || *denominator <= 0 || *numerator > most || *denominator > most)
        return {0, 1};
    return reduced(*numerator, *denominator);
}

}  // namespace

FrameRate parse_frame_rate(std::string_view text) {
    const Error refusal(Error::Kind::invalid,
                        "\"" + printable(text.substr(0, 40)) + "\" is no number of frames per second",
                        "write it like 24, 23.976 or 24000/1001");
    const auto slash = text.find('/');
    std::optional<FrameRate> rate;
    if (slash == std::string_view::npos) {
        if (const auto value = parse_number(text)) rate = rate_of_decimal(*value);
    } else {
        const auto numerator = parse_int(text.substr(0, slash)), denominator = parse_int(text.substr(slash + 1));
        const auto in_range = [](const auto& term) { return term && *term > 0 && *term <= largest_term; };
        if (in_range(numerator) && in_range(denominator)) rate = reduced(*numerator, *denominator);
    }
    if (!rate || value_of(*rate) < slowest_rate || value_of(*rate) > fastest_rate) throw refusal;
    return *rate;
}

std::string to_string(FrameRate rate) {
    const std::string text = std::to_string(rate.numerator);
    return rate.denominator == 1 ? text : text + "/" + std::to_string(rate.denominator);
}

FilmCodec parse_film_codec(std::string_view text) {
    for (std::size_t i = 0; i < codecs.size(); ++i)
        if (text == codecs[i].name || text == codecs[i].container) return static_cast<FilmCodec>(i);
    throw Error(Error::Kind::invalid, "there is no kind of film \"" + printable(text.substr(0, 40)) + "\"",
                "it is h264 (mp4), h265, vp9 (webm), av1, prores (mov) or gif");
}

FilmQuality parse_film_quality(std::string_view text) {
    const std::size_t index = index_of(qualities, text);
    if (index < qualities.size()) return static_cast<FilmQuality>(index);
    throw Error(Error::Kind::invalid, "there is no quality \"" + printable(text.substr(0, 40)) + "\"",
                "it is draft, good, best or lossless");
}

std::string_view to_string(FilmCodec codec) { return row_of(codec).name; }

std::string_view to_string(FilmQuality quality) { return qualities[static_cast<std::size_t>(quality)]; }

std::string_view extension_of(FilmCodec codec) { return row_of(codec).extension; }

void check_settings(const FilmSettings& settings) {
    const FilmCodec codec = settings.codec;
    const auto refuse = [&](const std::string& why, const char* hint) {
        throw Error(Error::Kind::invalid, "a film in " + std::string(to_string(codec)) + " can't be made: " + why,
                    hint);
    };
    if (settings.rate.numerator <= 0 || settings.rate.denominator <= 0 || value_of(settings.rate) < slowest_rate ||
        value_of(settings.rate) > fastest_rate)
        refuse("its frames per second make no sense", "take 1 to 1000");
    if (is_lossless(settings) && codec != FilmCodec::h264 && codec != FilmCodec::h265 && codec != FilmCodec::vp9)
        refuse("it is never lossless", "h264, h265 and vp9 can be");
    if (codec == FilmCodec::gif && value_of(settings.rate) > fastest_gif)
        refuse("a GIF shows at most 50 frames per second", "take fewer, or mp4");
    if (codec == FilmCodec::av1 && value_of(settings.rate) < 1)
        refuse("it takes at least one frame per second", "take more, or h264");
    if (settings.threads < 0 || settings.threads > 1024) refuse("it can't have that many threads", "take 0 to 1024");
}

bool can_be_chunked(FilmCodec codec) { return codec != FilmCodec::gif; }

PictureInfo check_frames(const FilmPlan& plan, const FilmSettings& settings) {
    const auto& [files, frames] = plan;
    if (frames.empty()) throw Error(Error::Kind::invalid, "a film of no frames is not made");
    const auto missing = missing_frames(in_order(frames, FrameOrder::forward), list_frames(files));
    if (!missing.empty())
        throw Error(Error::Kind::not_found,
                    "there are gaps in the frames in " + files.folder.string() + ": " + std::to_string(missing.size()) +
                        " of " + std::to_string(frames.size()) + " are missing: " + name_frames(files.pattern, missing),
                    "render these frames, or allow gaps");
    std::optional<PictureInfo> first;
    std::string first_name;
    Complaints complaints;
    for (const int frame : frames) {
        const std::string name = files.pattern.name_of(frame);
        try {
            const PictureInfo info = probe_picture(files.path_of(frame));
            if (!first) {
                first = info;
                first_name = name;
            }
            check_alike(name, info, first_name, *first, complaints);
            first->channels = std::max(first->channels, info.channels);
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::unavailable) throw;
            complaints.add(error.what());
        }
    }
    complaints.throw_if_any();
    if (settings.codec == FilmCodec::h265 && std::min(first->width, first->height) < smallest_h265_side)
        throw Error(Error::Kind::invalid,
                    "H.265 takes no pictures of less than 16 pixels, and " + first_name + " has " +
                        size_text(first->width, first->height),
                    "take h264");
    if (is_tone_mapped(*first) && !settings.tone_mapping)
        throw Error(Error::Kind::invalid,
                    "the frames (" + first_name + ") are in " + depth_text(first->depth) +
                        ", which a film can't hold as they are",
                    "say how they are brought to a screen: a tone mapping, standard or filmic");
    return *first;
}

bool is_tone_mapped(const PictureInfo& info) { return info.depth != ChannelDepth::eight; }

std::vector<std::string> encode_arguments(const FilmSettings& settings, const FilmInput& input,
                                          const std::filesystem::path& film) {
    Words words = begin_arguments();
    if (input.pattern.empty())
        add(words,
            {"-f", "rawvideo", "-pix_fmt", settings.codec == FilmCodec::prores ? "rgb48le" : "rgb24", "-video_size",
             size_text(input.info.width, input.info.height), "-framerate", to_string(settings.rate), "-i", "pipe:0"});
    else
        add(words, {"-err_detect", "crccheck+explode", "-f", "image2", "-framerate", to_string(settings.rate),
                    "-start_number", "0", "-i", "file:" + input.pattern});
    add(words, {"-frames:v", std::to_string(input.frames), "-vf", filters_of(settings, input)});
    add_codec(words, settings, input.info);
    if (settings.threads > 0) add(words, {"-threads", std::to_string(settings.threads)});
    if (pixel_format_of(settings).starts_with("yuv"))
        add(words, {"-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"});
    add_container(words, settings, film);
    return words;
}

std::vector<std::string> join_arguments(const FilmSettings& settings, const std::filesystem::path& list,
                                        const std::filesystem::path& film) {
    Words words = begin_arguments();
    add(words, {"-f", "concat", "-i", "file:" + list.string(), "-map", "0:v:0", "-c", "copy", "-bsf:v",
                steady_times(settings)});
    if (settings.codec == FilmCodec::h265) add(words, {"-tag:v", "hvc1"});
    add_container(words, settings, film);
    return words;
}

std::vector<std::string> probe_arguments(const std::filesystem::path& film, bool decode) {
    return {"-v",
            "error",
            "-select_streams",
            "v:0",
            decode ? "-count_frames" : "-count_packets",
            "-show_entries",
            "stream=codec_name,pix_fmt,width,height,r_frame_rate,nb_read_frames,nb_read_packets:format=duration",
            "-of",
            "json",
            film.empty() ? "pipe:0" : "file:" + film.string()};
}

FilmInfo parse_probe(std::string_view text) {
    const json::Value document = json::parse(text);
    const auto* streams = find(&document, "streams");
    if (!streams || !streams->is_array() || streams->get_array().empty())
        throw Error(Error::Kind::invalid, "ffprobe finds no film in the file");
    const auto* stream = &streams->get_array()[0];
    FilmInfo film;
    film.codec = text_of(stream, "codec_name");
    film.pixel_format = text_of(stream, "pix_fmt");
    film.width = static_cast<int>(std::clamp<std::int64_t>(number_of(stream, "width"), 0, max_picture_side));
    film.height = static_cast<int>(std::clamp<std::int64_t>(number_of(stream, "height"), 0, max_picture_side));
    film.rate = rate_of_probe(text_of(stream, "r_frame_rate"));
    film.frames = static_cast<std::uint64_t>(
        std::max<std::int64_t>({0, number_of(stream, "nb_read_frames"), number_of(stream, "nb_read_packets")}));
    film.seconds = parse_number(text_of(find(&document, "format"), "duration")).value_or(0);
    return film;
}

void check_film(const FilmInfo& film, const FilmSettings& settings, const PictureInfo& frames, std::size_t count) {
    const auto refuse = [](const std::string& what) {
        throw Error(Error::Kind::internal, "the film that FFmpeg made is not what was asked for: " + what);
    };
    const FilmSize size = film_size(settings, frames);
    if (film.frames != count) refuse("it has " + std::to_string(film.frames) + " frames, not " + std::to_string(count));
    if (film.width != size.width || film.height != size.height)
        refuse("it has " + size_text(film.width, film.height) + " pixels, not " + size_text(size.width, size.height));
    if (film.codec != row_of(settings.codec).decoded)
        refuse("it is in " + film.codec + ", not " + std::string(row_of(settings.codec).decoded));
}

}  // namespace atelier::media
