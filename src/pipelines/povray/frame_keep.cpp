#include "pipelines/povray/frame_keep.h"

#include <cstdlib>

#include "base/error.h"
#include "media/file_beside.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

fs::path checkpoint_folder() {
    const char* told = std::getenv("ATELIER_CHECKPOINT_DIR");
    return told != nullptr && *told != '\0' ? fs::path(told) : fs::current_path() / "checkpoint";
}

}  // namespace

FrameKeep::FrameKeep(const Scene& scene, fs::path to)
    : scene_(scene), work_(checkpoint_folder() / "work"), done_(checkpoint_folder() / "done"), to_(std::move(to)) {
    for (const fs::path& folder : {work_, done_, to_})
        fs::create_directories(folder);
}

bool FrameKeep::take_up(const std::string& name) const {
    try {
        if (!fs::exists(done_ / name)) return false;
        check_picture(scene_, done_ / name);
    } catch (const Error&) {  // it is drawn again
        fs::remove(done_ / name);
        return false;
    }
    lay(name);
    return true;
}

void FrameKeep::finish(const fs::path& drawn, const std::string& name) const {
    check_picture(scene_, drawn);
    fs::rename(drawn, done_ / name);
    lay(name);
}

void FrameKeep::lay(const std::string& name) const {
    media::FileBeside beside(to_ / name);
    fs::copy_file(done_ / name, beside.path(), fs::copy_options::overwrite_existing);
    beside.keep();
}

}  // namespace atelier::pipelines::povray
