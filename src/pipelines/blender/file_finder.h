// Which files a path of a .blend stands for on this disk: one, the frames of a sequence, tiles, all of a folder.
// Folders are listed once, and only so many files are taken in.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipelines/blender/named_files.h"

namespace atelier::pipelines::blender {

class FileFinder {
public:
    explicit FileFinder(std::size_t most_files) : most_files_(most_files) {}

    struct Found {
        std::vector<std::string> files;
        std::vector<std::string> missing;  // those known to be needed
    };

    // Throws Error::exhausted beyond the bound.
    Found find(const std::filesystem::path& path, const NamedFile& named);

private:
    using Names = std::vector<std::string>;

    void one(const std::filesystem::path& path, Found& found);
    void numbered(const std::filesystem::path& path, Found& found);
    void tiles(const std::filesystem::path& path, const Names& numbers, Found& found);
    void folder(const std::filesystem::path& path, Found& found);
    void cache(const std::filesystem::path& path, const Names& ends, Found& found);
    void matching(const std::filesystem::path& folder, const std::string& head, std::size_t digits, const Names& ends,
                  Found& found);
    const Names& names_in(const std::filesystem::path& folder);
    void count();

    std::size_t most_files_;
    std::size_t files_ = 0;
    std::map<std::filesystem::path, Names> listed_;  // sorted
};

}  // namespace atelier::pipelines::blender
