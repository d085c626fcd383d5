// What a person wants to have made of a job's frames, in words: the film, and the looks of the frames. And the words by
// which atelier-media is asked for it, in the tasks of a job.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "media/film.h"
#include "media/job_folder.h"

namespace atelier::media {

struct FilmWish {
    std::string codec = {};         // also mp4, webm, mov; none: no film; empty: h264, where a film can be made
    std::string quality = "good";   // draft, good, best, lossless
    std::string rate = "24";        // frames per second
    std::string tone = {};          // how frames of more than 8 bits become a film: standard, filmic; empty: none are
    bool allow_gaps = false;        // without the frames that are missing
    std::optional<int> chunk = {};  // encoded in chunks of so many frames while others come in; 0: in one go

    bool is_asked_for() const { return !codec.empty() && codec != "none"; }
};

// Throws Error::invalid for what isn't known, and for what doesn't go together.
FilmSettings settings_of(const FilmWish& wish);

// What a film would be made of.
struct FilmMaterial {
    std::string name;                   // "frames in the format IRIS"
    std::string instead;                // what to do where no film can be made of it; empty: one can
    bool has_more_than_8_bits = false;  // then it has no look of its own
};

// The film that will be made. Without one `why_not` says why, unless the person doesn't want any. Throws Error::invalid
// when one is asked for and can't be made.
struct FilmChoice {
    std::optional<FilmSettings> settings;
    std::string why_not;
};
FilmChoice choose_film(const FilmWish& wish, const FilmMaterial& material);

// Frames of a job, as a task is told of them.
struct JobFrames {
    JobFolder folder;
    FramePattern pattern;
    FrameNumbers frames;
};

// The chunks in which a film of these frames is encoded while others come in, in the order in which they come. One: in
// one go, since it is short, or is a GIF, or its frames come from everywhere at once.
std::vector<FrameNumbers> film_chunks(const FrameNumbers& frames, FrameOrder order, const FilmWish& wish);
std::string name_of_chunk(const FrameNumbers& chunk);  // "251-500"

// The film, or a chunk of it, of exactly these frames.
std::vector<std::string> film_words(const JobFrames& frames, const FilmWish& wish, const std::filesystem::path& film);
// The end of those words, which tells how it is encoded.
std::vector<std::string> words_of(const FilmWish& wish);
std::filesystem::path place_of_film(const JobFolder& folder, const FilmWish& wish);
std::filesystem::path place_of_chunk(const JobFolder& folder, const FilmWish& wish, const FrameNumbers& chunk);
// The film of all its chunks.
std::vector<std::string> join_words(const JobFrames& frames, const FilmWish& wish, std::vector<FrameNumbers> chunks);

std::vector<std::string> looks_words(const JobFrames& frames);

}  // namespace atelier::media
