// Blender that stays open for a session, and the asking of frames: what the tool `atelier-blender` does. All of it
// happens in the session's folder, which is the working folder of whoever calls.
#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::blender {

// How a failure begins that every frame of the job would run into: the job's rules for logs know it.
constexpr std::string_view scene_problem = "This scene can't be rendered: ";

struct OpenRequest {
    std::filesystem::path scene;            // the .blend
    std::filesystem::path settings;         // JSON for server.py
    std::filesystem::path root;             // below which the scene's files lie here; empty: where they were
    std::filesystem::path output;           // where pictures will be written: found out before the first of them
    std::filesystem::path thumbnails = {};  // where those of the frames go; empty: there are none
    std::string program = "blender";
    bool trust = false;  // scripts inside of the scene may run
    std::chrono::seconds hang{300};
};

// A rectangle of the frame, 0 to 1 from the lower left corner.
struct Part {
    double left = 0;
    double bottom = 0;
    double right = 1;
    double top = 1;
};

// The tile with this number, row by row from the upper left corner, of a frame of this size in pixels.
Part part_of_tile(int tile, int columns, int rows, int width, int height);

struct FrameRequest {
    int frame = 1;
    std::filesystem::path place;  // of the picture, without its extension; '####' in its name stands for the frame
    std::optional<Part> part;
    std::optional<int> seed;
    std::chrono::seconds hang{300};  // without a line and without work
};

// All tell on `out`, in the directives of Open Job Description, and return an exit status.
int open_blender(const OpenRequest& request, std::ostream& out);  // returns when it has the scene, and stays open
int render_frame(const FrameRequest& request, std::ostream& out);

// Thumbnails of the frames of a session, beside its Blender, with which it ends. Returns only with an error.
int follow_frames(const std::filesystem::path& thumbnails, std::ostream& out);

// Several by a Blender of their own, which ends with the last one.
int render_frames(const OpenRequest& open, FrameRequest request, const std::vector<int>& frames, std::ostream& out);

}  // namespace atelier::pipelines::blender
