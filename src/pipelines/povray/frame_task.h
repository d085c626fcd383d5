// What a task does that draws frames: several processes of POV-Ray at the same time, each over a part of the frames,
// since one sleeps most of the time while frames are light. A frame that is done is checked, kept in the checkpoint
// folder, and laid under its name; one that fails doesn't keep the others from being drawn.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "media/frames.h"
#include "pipelines/povray/engine.h"

namespace atelier::pipelines::povray {

struct FrameTask {
    Scene scene;
    media::FrameNumbers frames;
    int initial_frame = 1;                      // of the animation: the first row of the data is its
    int final_frame = 1;                        // POV-Ray writes as many digits
    std::filesystem::path to;                   // folder
    std::string pattern;                        // frame_####.png
    std::filesystem::path thumbnails;           // folder of theirs; empty: there are none
    int processes = 1;                          // at the same time
    bool allow_gaps = false;                    // frames that fail are told, and are no failure
    std::optional<std::filesystem::path> data;  // CSV or JSON: a row a frame
    std::vector<std::string> filled;            // files with placeholders, below the scene's folder
    std::filesystem::path folder;               // the scene's
};

struct StillTask {
    Scene scene;
    std::filesystem::path to;  // file
    int threads = 1;
};

// A part of a still: rows of it, drawn by two processes at the same time.
struct BandTask {
    Scene scene;
    int part = 0;
    int parts = 1;
    std::filesystem::path to;  // folder of the bands
};

struct JoinTask {
    std::filesystem::path from;  // folder of the bands
    int parts = 1;
    std::filesystem::path to;  // file
};

// Each returns an exit status; nothing is thrown: this is an edge.
int draw_frames(const FrameTask& task, std::ostream& out);
int draw_still(const StillTask& task, std::ostream& out);
int draw_bands(const BandTask& task, std::ostream& out);
int join_bands(const JoinTask& task, std::ostream& out);

}  // namespace atelier::pipelines::povray
