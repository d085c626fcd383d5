// What was sent to be rendered, laid out to be looked at: a .blend alone, or what was in a .zip, and which .blend of it
// is meant.
#pragma once

#include <filesystem>
#include <string>

#include "pipelines/blender/render_task.h"

namespace atelier::pipelines::blender {

struct ReceivedScene {
    RenderDataType type = RenderDataType::SingleFile;
    std::filesystem::path scene;
};

// folder: is made; the upload is gone afterwards. name: of a file that was sent alone. wanted: which .blend of several,
// by its path in the zip. Throws Error::invalid.
ReceivedScene lay_out(const std::filesystem::path& upload, const std::filesystem::path& folder, const std::string& name,
                      const std::string& wanted);

}  // namespace atelier::pipelines::blender
