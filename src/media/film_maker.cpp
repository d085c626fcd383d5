#include "media/film_maker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "media/ffmpeg_progress.h"
#include "media/file_beside.h"
#include "media/mp4_track.h"
#include "media/parallel.h"
#include "media/screen_rows.h"
#include "process/child.h"

namespace atelier::media {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_chunks = 10'000;
constexpr std::size_t piece_size = 256 * 1024;

std::string numbered(std::size_t number) {
    const std::string text = std::to_string(number);
    return std::string(8 - std::min<std::size_t>(8, text.size()), '0') + text;
}

// A folder's path may hold what a pattern takes for its number.
std::string as_pattern(const fs::path& folder, const std::string& extension) {
    std::string text;
    for (const char letter : folder.string()) {
        text += letter;
        if (letter == '%') text += '%';
    }
    return text + "/%08d" + extension;
}

std::string extension_for(PictureKind kind) {
    switch (kind) {
        case PictureKind::png: return ".png";
        case PictureKind::jpeg: return ".jpg";
        case PictureKind::tiff: return ".tif";
        case PictureKind::webp: return ".webp";
        case PictureKind::jp2: return ".jp2";
        case PictureKind::gif: return ".gif";
        case PictureKind::ppm: return ".ppm";
        case PictureKind::bmp: return ".bmp";
        case PictureKind::targa: return ".tga";
        case PictureKind::sgi: return ".sgi";
        case PictureKind::dpx: return ".dpx";
        default: throw Error(Error::Kind::invalid, "FFmpeg can't read " + std::string(to_string(kind)) + " pictures");
    }
}

// The frames under the numbers 0, 1, 2, … whatever the plan leaves out.
void link_frames(const FilmPlan& plan, const fs::path& folder, const std::string& extension) {
    for (std::size_t i = 0; i < plan.frames.size(); ++i)
        fs::create_symlink(fs::absolute(plan.files.path_of(plan.frames[i])), folder / (numbered(i) + extension));
}

// A frame as FFmpeg takes raw pixels.
std::string raw_frame(const fs::path& path, const ToneMapping& mapping, bool wide) {
    ScreenRows picture(path, mapping);
    const std::size_t values =
        3 * static_cast<std::size_t>(picture.width()) * static_cast<std::size_t>(picture.height());
    std::string bytes;
    bytes.reserve(values * (wide ? 2 : 1));
    for (int y = 0; y < picture.height(); ++y)
        for (const float value : picture.next()) {
            const auto whole = static_cast<unsigned>(value * (wide ? 65535.0f : 255.0f) + 0.5f);
            bytes += static_cast<char>(whole & 0xff);
            if (wide) bytes += static_cast<char>(whole >> 8);
        }
    return bytes;
}

// Frame after frame; the next one is made while FFmpeg takes this one.
class RawFrames {
public:
    RawFrames(const FilmPlan& plan, const ToneMapping& mapping, bool wide)
        : plan_(plan), mapping_(mapping), wide_(wide) {
        prepare();
    }
    std::string_view next() {
        if (!coming_.valid()) return {};
        bytes_ = coming_.get();
        prepare();
        return bytes_;
    }

private:
    void prepare() {
        if (next_ == plan_.frames.size()) return;
        coming_ =
            std::async(std::launch::async, raw_frame, plan_.files.path_of(plan_.frames[next_++]), mapping_, wide_);
    }

    const FilmPlan& plan_;
    ToneMapping mapping_;
    bool wide_;
    std::size_t next_ = 0;
    std::string bytes_;
    std::future<std::string> coming_;
};

process::ChildEnd run_ffmpeg(std::vector<std::string> arguments, const FilmProgress& progress,
                             std::function<std::string_view()> input = {}) {
    arguments.insert(arguments.begin(), "ffmpeg");
    FfmpegProgress told;
    return process::run_child(arguments, {.input = std::move(input), .line = [&](std::string_view line) {
                                              if (told.line(line) && progress) progress(told.frames());
                                          }});
}

std::string reason_of(const process::ChildEnd& end) {
    const std::string_view text = trim(end.complaints);
    const std::string_view last = text.substr(text.size() - std::min<std::size_t>(text.size(), 500));
    return "FFmpeg ended with " + std::to_string(end.code) + (last.empty() ? "" : ": " + std::string(last));
}

// FFmpeg doesn't tell which of the frames it couldn't read: each is decoded, and the broken one is named.
void find_culprit(const FilmPlan& plan) {
    for (const int frame : plan.frames)
        verify_picture(plan.files.path_of(frame));
}

process::ChildEnd run_encoder(const FilmPlan& plan, const FilmSettings& settings, const PictureInfo& info,
                              const fs::path& to, const FilmProgress& progress) {
    if (is_tone_mapped(info)) {
        RawFrames frames(plan, *settings.tone_mapping, settings.codec == FilmCodec::prores);
        return run_ffmpeg(encode_arguments(settings, {info, {}, plan.frames.size()}, to), progress,
                          [&] { return frames.next(); });
    }
    const TemporaryFolder folder("atelier-film-");
    const std::string extension = extension_for(info.kind);
    link_frames(plan, folder.path(), extension);
    return run_ffmpeg(encode_arguments(settings, {info, as_pattern(folder.path(), extension), plan.frames.size()}, to),
                      progress);
}

FilmInfo run_ffprobe(const fs::path& film, bool decode, const fs::path& name, std::function<std::string_view()> input) {
    std::vector<std::string> words = probe_arguments(film, decode);
    words.insert(words.begin(), "ffprobe");
    std::string text;
    const auto end =
        process::run_child(words, {.input = std::move(input), .line = [&](std::string_view line) { text += line; }});
    if (end.code != 0)
        throw Error(Error::Kind::invalid,
                    "the film " + name.string() + " can't be read: " + std::string(trim(end.complaints)));
    return parse_probe(text);
}

// ffprobe takes longer to be loaded than to count. So it is started while FFmpeg still works, and gets the film by its
// stdin once that is there. It counts packets: each is a frame.
class WaitingProbe {
public:
    explicit WaitingProbe(fs::path film)
        : film_(std::move(film)), told_(done_.get_future()), counted_(std::async(std::launch::async, [this] {
              return run_ffprobe({}, false, film_, [this] { return next(); });
          })) {}
    ~WaitingProbe() {
        if (counted_.valid()) done_.set_value(false);
    }
    WaitingProbe(const WaitingProbe&) = delete;
    WaitingProbe& operator=(const WaitingProbe&) = delete;

    // Once, when the film is whole.
    FilmInfo count() {
        done_.set_value(true);
        return std::exchange(counted_, {}).get();
    }

private:
    std::string_view next() {
        if (told_.valid()) {
            if (!told_.get()) return {};
            file_ = open_file(film_, O_RDONLY);
            piece_.resize(piece_size);
        }
        if (!file_) return {};
        const ssize_t count = ::read(file_.get(), piece_.data(), piece_.size());
        return {piece_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
    }

    fs::path film_;
    std::promise<bool> done_;
    std::future<bool> told_;
    Fd file_;
    std::string piece_;
    std::future<FilmInfo> counted_;
};

std::string_view codec_of_format(std::string_view format) {
    if (format == "avc1") return "h264";
    if (format == "hvc1") return "hevc";
    return format.starts_with("ap") ? "prores" : format;  // apco, apcn, apch
}

// What a film is that was just made. MP4 and MOV say it themselves, up to the last byte, in no time; for the others
// ffprobe does.
class FilmReader {
public:
    FilmReader(const fs::path& film, const FilmSettings& settings) : film_(film), rate_(settings.rate) {
        const std::string_view extension = extension_of(settings.codec);
        if (extension != ".mp4" && extension != ".mov") probe_.emplace(film);
    }

    // Once, when the film is whole.
    FilmInfo read() {
        if (probe_) return probe_->count();
        const auto track = read_mp4_track(film_);
        if (!track) throw Error(Error::Kind::internal, "FFmpeg ended well and left half a film");
        const double seconds = static_cast<double>(track->frames) * rate_.denominator / rate_.numerator;
        return {std::string(codec_of_format(track->format)),
                {},
                track->width,
                track->height,
                rate_,
                track->frames,
                seconds};
    }

private:
    fs::path film_;
    FrameRate rate_;
    std::optional<WaitingProbe> probe_;
};

[[noreturn]] void refuse_unlike(const fs::path& chunk, const fs::path& first) {
    throw Error(Error::Kind::invalid, chunk.string() + " is of another kind or size than " + first.string(),
                "encode all chunks with the same settings");
}

// MP4 and MOV: FFmpeg takes the first chunk's parameters for all of them, and would join what can't be decoded.
std::uint64_t count_mp4_chunks(const std::vector<fs::path>& chunks) {
    std::uint64_t frames = 0;
    std::optional<Mp4Track> first;
    for (const fs::path& chunk : chunks) {
        auto track = read_mp4_track(chunk);
        if (!track) throw Error(Error::Kind::invalid, "the chunk " + chunk.string() + " is damaged or no film");
        frames += std::exchange(track->frames, 0);
        if (!first) first = track;
        if (*track != *first) refuse_unlike(chunk, chunks[0]);
    }
    return frames;
}

std::uint64_t count_webm_chunks(const std::vector<fs::path>& chunks) {
    std::vector<FilmInfo> films(chunks.size());
    in_parallel(chunks.size(), [&](std::size_t i) { films[i] = probe_film(chunks[i], false); });
    std::uint64_t frames = 0;
    for (std::size_t i = 0; i < films.size(); ++i) {
        const FilmInfo &film = films[i], &first = films[0];
        if (film.codec != first.codec || film.pixel_format != first.pixel_format || film.width != first.width ||
            film.height != first.height)
            refuse_unlike(chunks[i], chunks[0]);
        frames += film.frames;
    }
    return frames;
}

// How many frames they have together; one that is not like the first is named.
std::uint64_t count_chunks(const std::vector<fs::path>& chunks, FilmCodec codec) {
    return extension_of(codec) == ".webm" ? count_webm_chunks(chunks) : count_mp4_chunks(chunks);
}

// FFmpeg reads names relative to the list, so that no path has to be quoted.
fs::path link_chunks(const std::vector<fs::path>& chunks, const fs::path& folder, std::string_view extension) {
    std::string list;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const std::string name = numbered(i) + std::string(extension);
        fs::create_symlink(fs::absolute(chunks[i]), folder / name);
        list += "file " + name + "\n";
    }
    const fs::path path = folder / "list";
    const Fd file = open_file(path, O_WRONLY | O_CREAT);
    write_all(file.get(), list, path);
    return path;
}

}  // namespace

FilmInfo encode_film(const FilmPlan& plan, const FilmSettings& settings, const fs::path& film,
                     const FilmProgress& progress) {
    check_settings(settings);
    const PictureInfo info = check_frames(plan, settings);
    FileBeside beside(film);
    FilmReader reader(beside.path(), settings);
    const auto end = run_encoder(plan, settings, info, beside.path(), progress);
    if (end.code != 0) {
        find_culprit(plan);
        throw Error(Error::Kind::internal, "the film " + film.string() + " was not made: " + reason_of(end));
    }
    const FilmInfo made = reader.read();
    if (made.frames != plan.frames.size()) find_culprit(plan);
    check_film(made, settings, info, plan.frames.size());
    beside.keep();
    return made;
}

FilmInfo join_films(const std::vector<fs::path>& chunks, const FilmSettings& settings,
                    std::optional<std::size_t> frames, const fs::path& film) {
    check_settings(settings);
    if (!can_be_chunked(settings.codec))
        throw Error(Error::Kind::invalid, "a GIF can't be joined from chunks", "encode it in one go");
    if (chunks.empty() || chunks.size() > most_chunks)
        throw Error(Error::Kind::invalid, "a film can't be joined from " + std::to_string(chunks.size()) + " chunks");
    const std::uint64_t counted = count_chunks(chunks, settings.codec);
    if (frames && *frames != counted)
        throw Error(Error::Kind::invalid, "the chunks have " + std::to_string(counted) + " frames, not " +
                                              std::to_string(*frames) + " as planned");
    FileBeside beside(film);
    FilmReader reader(beside.path(), settings);
    const TemporaryFolder folder("atelier-join-");
    const auto list = link_chunks(chunks, folder.path(), extension_of(settings.codec));
    const auto end = run_ffmpeg(join_arguments(settings, list, beside.path()), {});
    if (end.code != 0)
        throw Error(Error::Kind::internal, "the film " + film.string() + " was not joined: " + reason_of(end));
    const FilmInfo made = reader.read();
    if (made.frames != counted)
        throw Error(Error::Kind::internal,
                    "the joined film has " + std::to_string(made.frames) + " frames, not " + std::to_string(counted));
    beside.keep();
    return made;
}

FilmInfo probe_film(const fs::path& film, bool decode) { return run_ffprobe(film, decode, film, {}); }

}  // namespace atelier::media
