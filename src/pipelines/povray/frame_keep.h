// Where a task keeps what is finished while it works: in its checkpoint folder, so that another try begins where this
// one ended, and from there under its name in the job's outgoing folder.
#pragma once

#include <filesystem>
#include <string>

#include "pipelines/povray/engine.h"

namespace atelier::pipelines::povray {

class FrameKeep {
public:
    // The checkpoint folder that the farm gives; without one, a folder below the working folder.
    FrameKeep(const Scene& scene, std::filesystem::path to);

    const std::filesystem::path& work() const { return work_; }  // what is drawn now lies there

    // What an earlier try has finished is laid under its name; false when there is none, or it is damaged.
    bool take_up(const std::string& name) const;
    // Something was drawn: checked, kept, laid under its name; throws Error.
    void finish(const std::filesystem::path& drawn, const std::string& name) const;

private:
    void lay(const std::string& name) const;

    const Scene& scene_;
    std::filesystem::path work_;
    std::filesystem::path done_;
    std::filesystem::path to_;
};

}  // namespace atelier::pipelines::povray
