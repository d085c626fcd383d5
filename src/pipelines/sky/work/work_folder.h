// The work folder: one folder a stage, in it one folder an image, moved from stage to stage by renaming. What begins
// with a dot is in the making, and nobody's but its maker's.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace atelier::pipelines::sky {

namespace stage {
inline constexpr const char* candidates = "candidates";  // files: what the source tells of an image
inline constexpr const char* rejects = "rejects";        // files: why; or a whole folder that a person rejected
inline constexpr const char* cache_todo = "cache_todo";
inline constexpr const char* cache_done = "cache_done";
inline constexpr const char* out_todo = "out_todo";
inline constexpr const char* out_done = "out_done";
inline constexpr const char* processed = "processed";
inline constexpr const char* approved = "approved";
inline constexpr const char* published = "published";
}  // namespace stage

// The two ways of working. Direct: what is fetched is processed and published. Reviewed: a person approves between.
struct Way {
    bool is_reviewed = false;
    const char* made() const { return is_reviewed ? stage::processed : stage::out_todo; }
    const char* ready() const { return is_reviewed ? stage::approved : stage::out_todo; }
    const char* sent() const { return is_reviewed ? stage::published : stage::out_done; }
};

class WorkFolder {
public:
    explicit WorkFolder(const std::filesystem::path& root);

    const std::filesystem::path& root() const { return root_; }
    std::filesystem::path at(const char* stage) const { return root_ / stage; }
    std::filesystem::path at(const char* stage, const std::string& id) const { return root_ / stage / id; }
    bool has(const char* stage, const std::string& id) const;
    std::vector<std::string> ids(const char* stage) const;  // sorted
    // Those that the words name: ids, and patterns with * ? and [...]; each once, sorted. Throws Error::not_found for
    // an id that isn't there: "no such `what` ID 'x'".
    std::vector<std::string> matching(const char* stage, const std::vector<std::string>& words,
                                      const std::string& what) const;

    // Over what is there. Killed within, what is moved is still where it was, or already where it goes.
    void move(const char* from, const std::string& id, const char* to) const;
    void replace(const std::filesystem::path& folder, const char* stage, const std::string& id) const;
    void remove(const char* stage, const std::string& id) const;
    void remove_if_empty(const char* stage) const;
    // A new, empty folder for what becomes stage/ID.
    std::filesystem::path making(const char* stage, const std::string& id) const;
    // Beside the folder of stage/ID, for as long as it is there.
    std::filesystem::path journal(const char* stage, const std::string& id) const;
    // Removes what those left who were killed.
    void tidy() const;

private:
    std::filesystem::path root_;
};

// One image's folder, for one process at a time; waits for others. Nothing when the folder is gone by then, or was
// replaced.
std::optional<Fd> lock_folder(const std::filesystem::path& folder);

// Removes what was being written when somebody was killed; the folder must be locked.
void remove_unfinished(const std::filesystem::path& folder);

// image.EXT, when it is there whole.
std::optional<std::filesystem::path> find_image(const std::filesystem::path& folder);

}  // namespace atelier::pipelines::sky
