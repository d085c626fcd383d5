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
    std::string codec = {};        // also mp4, webm, mov; none: no film; empty: h264, where a film can be made
    std::string quality = "good";  // draft, good, best, lossless
    std::string rate = "24";       // frames per second
    std::string tone = {};         // how frames of more than 8 bits become a film: standard, filmic; empty: none are
    bool allow_gaps = false;       // without the frames that are missing

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

std::vector<std::string> film_words(const JobFrames& frames, const FilmWish& wish);
std::vector<std::string> looks_words(const JobFrames& frames);

}  // namespace atelier::media
