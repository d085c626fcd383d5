// One run of POV-Ray, as a plain child of the tool: its arguments, what it told, how it ended.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipelines/povray/messages.h"

namespace atelier::pipelines::povray {

// What all runs of a task have in common.
struct Scene {
    std::filesystem::path file;
    std::filesystem::path settings;                // an INI file
    std::vector<std::filesystem::path> libraries;  // searched in this order, before POV-Ray's own
    std::string extension = ".png";
    int width = 0;  // that the pictures must have; 0: as the scene's settings say
    int height = 0;
    bool walled = false;  // it runs in the sandbox: what can't be opened may lie outside
};

struct EngineRun {
    std::vector<std::string> more;  // arguments
    int threads = 1;
    bool resume = false;  // goes on with an unfinished picture
    Messages::Listener listener;
};

struct EngineEnd {
    int code = 0;
    bool canceled = false;
    std::string error;  // in a sentence; empty when it ended well
};

EngineEnd run_engine(const Scene& scene, const EngineRun& run);

// Throws Error when the picture isn't there, isn't whole, or has another size than the scene's.
void check_picture(const Scene& scene, const std::filesystem::path& picture);

}  // namespace atelier::pipelines::povray
