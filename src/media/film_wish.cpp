#include "media/film_wish.h"

#include "base/error.h"

namespace atelier::media {

namespace {

using Words = std::vector<std::string>;

FilmCodec codec_of(const FilmWish& wish) { return wish.codec.empty() ? FilmCodec::h264 : parse_film_codec(wish.codec); }

void add(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

Words about(const JobFrames& frames) {
    return {frames.folder.frames(), "--pattern", frames.pattern.text(), "--frames", print_frames(frames.frames)};
}

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

std::vector<std::string> film_words(const JobFrames& frames, const FilmWish& wish) {
    const FilmCodec codec = codec_of(wish);
    Words words{"film"};
    add(words, about(frames));
    add(words, {"--to", frames.folder.film(codec), "--codec", std::string(to_string(codec)), "--quality", wish.quality,
                "--rate", wish.rate});
    if (!wish.tone.empty()) add(words, {"--tone", wish.tone});
    if (wish.allow_gaps) words.emplace_back("--allow-gaps");
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
