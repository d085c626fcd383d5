#include "media/film_wish.h"

#include <algorithm>

#include "base/error.h"

namespace atelier::media {

namespace {

using Words = std::vector<std::string>;

// Each chunk's frames are a step of their own, for which an engine may be started anew; and a person sees them all.
constexpr std::size_t least_chunk = 250;
constexpr std::size_t most_chunks = 8;

FilmCodec codec_of(const FilmWish& wish) { return wish.codec.empty() ? FilmCodec::h264 : parse_film_codec(wish.codec); }

void add(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

Words about(const JobFrames& frames) {
    return {frames.folder.frames(), "--pattern", frames.pattern.text(), "--frames", print_frames(frames.frames)};
}

std::size_t share(std::size_t frames) { return (frames + most_chunks - 1) / most_chunks; }

}  // namespace

FilmSettings settings_of(const FilmWish& wish) {
    FilmSettings settings;
    settings.codec = codec_of(wish);
    settings.quality = parse_film_quality(wish.quality);
    settings.rate = parse_frame_rate(wish.rate);
    if (!wish.tone.empty()) settings.tone_mapping = parse_tone_mapping(wish.tone);
    check_settings(settings);
    return settings;
}

FilmChoice choose_film(const FilmWish& wish, const FilmMaterial& material) {
    if (wish.codec == "none") return {};
    std::string instead = material.instead;
    if (instead.empty() && material.has_more_than_8_bits && wish.tone.empty())
        instead = "say how light becomes colour: --tone standard or --tone filmic";
    if (instead.empty()) return {settings_of(wish), {}};
    if (wish.is_asked_for())
        throw Error(Error::Kind::invalid, "no film can be made of " + material.name, instead + ", or --film none");
    return {std::nullopt, "no film is made of " + material.name + "; for one, " + instead};
}

std::vector<FrameNumbers> film_chunks(const FrameNumbers& frames, FrameOrder order, const FilmWish& wish) {
    const std::size_t usual = frames.size() > 2 * least_chunk ? std::max(least_chunk, share(frames.size())) : 0;
    const std::size_t length = wish.chunk ? static_cast<std::size_t>(std::max(0, *wish.chunk)) : usual;
    if (length == 0 || frames.size() <= length || order == FrameOrder::coarse || !can_be_chunked(codec_of(wish)))
        return {frames};
    const FrameNumbers ascending = in_order(frames, FrameOrder::forward);
    std::vector<FrameNumbers> chunks;
    for (std::size_t begin = 0; begin < ascending.size(); begin += length)
        chunks.emplace_back(
            ascending.begin() + static_cast<std::ptrdiff_t>(begin),
            ascending.begin() + static_cast<std::ptrdiff_t>(std::min(begin + length, ascending.size())));
    if (order == FrameOrder::backward) std::reverse(chunks.begin(), chunks.end());
    return chunks;
}

std::string name_of_chunk(const FrameNumbers& chunk) {
    const std::string first = std::to_string(chunk.front());
    return chunk.size() == 1 ? first : first + "-" + std::to_string(chunk.back());
}

std::vector<std::string> words_of(const FilmWish& wish) {
    Words words{"--codec", std::string(to_string(codec_of(wish))), "--quality", wish.quality, "--rate", wish.rate};
    if (!wish.tone.empty()) add(words, {"--tone", wish.tone});
    if (wish.allow_gaps) words.emplace_back("--allow-gaps");
    return words;
}

std::filesystem::path place_of_film(const JobFolder& folder, const FilmWish& wish) {
    return folder.film(codec_of(wish));
}

std::filesystem::path place_of_chunk(const JobFolder& folder, const FilmWish& wish, const FrameNumbers& chunk) {
    const FramePattern number = FramePattern::parse("####" + std::string(extension_of(codec_of(wish))));
    return folder.film_chunks() / (folder.stem + "_" + number.name_of(chunk.front()));
}

std::vector<std::string> film_words(const JobFrames& frames, const FilmWish& wish, const std::filesystem::path& film) {
    Words words{"film"};
    add(words, about(frames));
    add(words, {"--to", film});
    add(words, words_of(wish));
    return words;
}

std::vector<std::string> join_words(const JobFrames& frames, const FilmWish& wish, std::vector<FrameNumbers> chunks) {
    std::sort(chunks.begin(), chunks.end());
    Words words{"join-films"};
    for (const FrameNumbers& chunk : chunks)
        words.push_back(place_of_chunk(frames.folder, wish, chunk));
    add(words, {"--frames", print_frames(frames.frames), "--to", place_of_film(frames.folder, wish)});
    add(words, words_of(wish));
    return words;
}

std::vector<std::string> looks_words(const JobFrames& frames) {
    const JobFolder& folder = frames.folder;
    Words words{"looks"};
    add(words, about(frames));
    add(words, {"--thumbnails", folder.thumbnails(), "--sheet", folder.sheet(), "--report", folder.report()});
    return words;
}

}  // namespace atelier::media
