// From what a person asks of a scene to the job that renders it: which frames, what differs from the scene's own
// settings, in which parts, and what is made of the frames afterwards.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "media/film_wish.h"
#include "media/frames.h"
#include "pipelines/blender/blend_file.h"
#include "wire/submission.h"

namespace atelier::pipelines::blender {

struct Size {
    int width = 0;
    int height = 0;
};

struct Grid {
    int columns = 1;
    int rows = 1;
};

struct RenderRequest {
    std::filesystem::path scene;   // the .blend
    std::filesystem::path output;  // a folder; empty: renders/NAME below the current one
    std::string scene_name;        // empty: the current one
    std::string camera;
    std::string engine;  // also eevee, cycles, workbench
    std::string format;  // any name that Blender has for it
    std::string frames;  // 1-10,20,30-40:2; empty: the scene's own
    std::optional<Size> size;
    int percent = 0;  // 0: the scene's own
    int samples = 0;
    std::string device;  // cpu, gpu, or as the scene has it
    media::FrameOrder order = media::FrameOrder::forward;
    bool skip_existing = false;
    std::optional<media::FrameNumbers> only;  // of the frames, those that are rendered; the others are there already
    int chunk = 0;                            // frames a Blender that is started anew for them; 0: one stays open
    std::optional<Grid> tiles;                // a still in parts
    int slices = 0;                           // a still as the mean of so many, with other seeds
    media::FilmWish film{.rate = ""};         // of an animation, unless it is asked for; no rate: the scene's own
    bool looks = true;                        // thumbnails, contact sheet, a search for bad frames
    bool denoise = true;                      // where the scene asks for it
    bool trust = false;                       // scripts inside of the scene may run
    bool allow_missing = false;               // files that the scene names and that aren't there
    int hang_seconds = 300;                   // without a line and without work
    // Of a stranger's scene: nothing outside of it is looked at, and none of it is taken along.
    std::filesystem::path only_below;
    std::string program = "blender";
    wire::Settings settings;
};

struct RenderPlan {
    Scene scene;
    media::FrameNumbers frames;   // in the order in which they are rendered
    media::FrameNumbers skipped;  // that are there already
    media::JobFolder folder;
    RenderOutputType format = RenderOutputType::PNG;  // of the frames
    media::FramePattern pattern = media::FramePattern::parse("frame_####.png");
    std::filesystem::path film;    // empty: none
    std::filesystem::path report;  // on bad frames; empty: nobody looks for any
    std::string note;              // for the person; may be empty

    media::FrameFiles files() const { return {folder.frames(), pattern}; }
    wire::Submission submission;
    std::map<std::string, std::vector<std::string>> inputs;  // parameter → files below it that are needed
};

// Reads the scene, without Blender, and refuses what can't become a render, in words: an unknown format or scene, no
// frames, files that are missing.
RenderPlan plan_render(const RenderRequest& request);

}  // namespace atelier::pipelines::blender
