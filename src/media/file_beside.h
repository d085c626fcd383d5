// A file that is made beside its place, by whoever needs a path to write to (FFmpeg, libvips, OpenEXR), and comes to
// its place only when it is whole: synced, renamed, its folder synced.
#pragma once

#include <filesystem>

#include "base/files.h"

namespace atelier::media {

class FileBeside {
public:
    explicit FileBeside(std::filesystem::path place);  // throws Error when its folder can't be written
    ~FileBeside();                                     // what was not kept is gone
    FileBeside(const FileBeside&) = delete;
    FileBeside& operator=(const FileBeside&) = delete;

    const std::filesystem::path& path() const { return path_; }
    void keep();  // at most once

private:
    std::filesystem::path place_;
    std::filesystem::path path_;
    Fd file_;  // open for writing all the time: who looks for outputs takes it for what it is
};

}  // namespace atelier::media
