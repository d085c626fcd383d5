// What a task of the farm runs when pictures become films and looks. Each prints `openjd_progress`, `openjd_status`
// and, when it goes wrong, `openjd_fail` with the reason, and returns the exit status: 0, or 1. Nothing is thrown: this
// is an edge.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "media/film.h"
#include "media/look.h"

namespace atelier::media {

struct FilmTask {
    std::filesystem::path folder;
    std::string pattern = {};                 // frame_####.png; empty: the largest sequence in the folder or below
    std::optional<FrameNumbers> frames = {};  // the plan; nothing: from the first to the last that is there
    std::filesystem::path film;               // what is made
    FilmSettings settings = {};
    bool allow_gaps = false;  // frames that are missing are left out and told; without it they are an error
    bool if_any = false;      // no film is no failure, where there aren't two frames of which one can be made
};

// All frames of the plan in one go. Others needn't be there: so a long film is made in chunks, for join_chunks, while
// frames still come in.
int make_film(const FilmTask& task, std::ostream& out);

// The chunks, in order, become `task.film`, without encoding again. When the plan is told, they must have as many
// frames. The frames themselves needn't be there any more.
int join_chunks(const FilmTask& task, const std::vector<std::filesystem::path>& chunks, std::ostream& out);

struct LookTask {
    std::filesystem::path folder;
    std::string pattern = {};                              // as above
    std::optional<FrameNumbers> frames = {};               // as above
    std::optional<std::filesystem::path> thumbnails = {};  // a folder: frame_0001.jpg for each frame
    std::optional<std::filesystem::path> sheet = {};       // a file: .jpg or .png
    std::optional<std::filesystem::path> report = {};      // a file: what is wrong with which frame, as JSON
    ThumbnailOptions thumbnail = {};
    SheetOptions sheet_options = {};
    bool fail_on_bad = false;  // bad frames make the exit status 1
};

// Thumbnails, contact sheet and the check for bad frames, whichever are asked for. Bad frames are told in the status
// and in the report: {"frames": 60, "bad": [{"frame": 7, "name": "frame_0007.png", "reasons": [{"kind": "black",
// "text": "all of it is black"}]}]}.
int look_at_frames(const LookTask& task, std::ostream& out);

// The bad ones of such a report, ascending; none when there is no report.
FrameNumbers read_bad_frames(const std::filesystem::path& report);

}  // namespace atelier::media
