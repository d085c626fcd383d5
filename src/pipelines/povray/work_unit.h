// A WorkUnit: one command with the files that it alone needs. On the worker it finds a workspace: its inline files, the
// job's shared resources at ./shared, and ./output, from which everything is collected. Its JSON has the six names that
// stand first here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace atelier::pipelines::povray {

// What is drawn; the command follows from it.
struct UnitSettings {
    std::string scene = "scene.pov";  // in the workspace; or shared/scene.pov
    int width = 640;
    int height = 360;
    std::optional<int> frame;  // names the picture, and is unit_frame in the scene
    std::optional<double> clock;
    std::optional<int> quality;
    std::optional<double> antialias;    // the threshold
    std::vector<std::string> declares;  // NAME=VALUE
    std::string picture;                // its name in ./output; else frame_0007.png, or the scene's
};

class WorkUnit {
public:
    std::string shared_resource_gcs_prefix;              // jobs/ID/shared/: where ./shared comes from
    std::map<std::string, std::string> inline_resource;  // path → base64 of any bytes
    std::string offload_gcs_prefix;                      // jobs/ID/output/: where ./output goes to
    std::string cmd;
    std::string work_unit_id;
    std::string job_id;

    WorkUnit() = default;
    explicit WorkUnit(const UnitSettings& settings);  // with the command for it

    void add_inline(const std::string& path,
                    std::string_view bytes);  // throws Error::invalid for a path that leads out
    void add_inline_file(const std::string& path, const std::filesystem::path& file);
};

// Of its JSON, so that a worker can hold it.
constexpr std::uint64_t longest_unit = 256u << 20;

std::string command_for(const UnitSettings& settings);
void check(const WorkUnit& unit);  // throws Error::invalid
std::string to_json(const WorkUnit& unit);
WorkUnit work_unit_from_json(std::string_view text);  // checked; throws Error::invalid

// The JSON of one unit of a file that has a line for each. Throws Error: not_found when there are fewer.
std::string unit_line(const Fd& file, std::size_t number);

// What stands behind jobs/ID/output/ in a prefix: a folder below it, or nothing. Throws Error::invalid.
std::string folder_of_prefix(const WorkUnit& unit, const std::string& prefix, std::string_view kind);

}  // namespace atelier::pipelines::povray
