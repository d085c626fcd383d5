// What a person wants of a scene, made into a job: an Open Job Description template with its values.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/desk.h"
#include "media/film_wish.h"
#include "pipelines/povray/scene_options.h"
#include "wire/submission.h"

namespace atelier::pipelines::povray {

struct PovJob {
    std::string name;
    SceneOptions options;                          // Input_File_Name is absolute
    std::optional<std::string> frames;             // of the animation, as a range; else all of the plan
    std::vector<std::filesystem::path> libraries;  // folders that the person allows besides the scene's
    std::filesystem::path output;                  // folder
    media::FilmWish film;
    bool looks = true;                          // thumbnails, a contact sheet, a search for bad frames
    int rows = 0;                               // parts of a still; 0: whole
    int chunk = 0;                              // frames a task; 0: by their number
    int processes = 0;                          // at once in a task; 0: as it fits
    std::optional<std::filesystem::path> data;  // rows for the placeholders
    bool trust = false;
};

struct MadeJob {
    wire::Submission submission;
    cli::InputFiles only;
    std::vector<std::string> notes;  // for the person
    media::Results results;
};

// Throws Error for what can't be done.
MadeJob make_job(PovJob job);

}  // namespace atelier::pipelines::povray
