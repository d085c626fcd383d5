// Many files below one folder: each is written beside and renamed, and one sync at the end makes them all last. From
// any thread.
#pragma once

#include <filesystem>
#include <mutex>
#include <set>
#include <string_view>

namespace atelier::pipelines::sky {

class FileTree {
public:
    explicit FileTree(std::filesystem::path root) : root_(std::move(root)) {}
    const std::filesystem::path& root() const { return root_; }

    static constexpr std::string_view unfinished = ".part";  // ends the name of what isn't whole yet

    void write(const std::filesystem::path& relative, std::string_view bytes);
    void remove(const std::filesystem::path& relative);  // fine when it isn't there
    void finish();

private:
    void make_folder(const std::filesystem::path& folder);

    std::filesystem::path root_;
    std::mutex mutex_;
    std::set<std::filesystem::path> folders_;  // that were made already
};

}  // namespace atelier::pipelines::sky
