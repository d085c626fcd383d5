// What awaits a person's judgement in a work folder: images that are processed and neither approved nor rejected, in
// both ways of working. Looks at the folders each time it is asked; titles are read again only where a file has
// changed.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::sky {

// The folder of the work folder in which an image waits.
enum class Shelf {
    processed,  // of `process` in the way with candidates: published once it is approved
    out_todo    // of `process` in the way of the seed: the next publish takes whatever is there
};
std::string_view to_string(Shelf shelf);
Shelf shelf_by_name(std::string_view name);  // throws Error::not_found

struct WaitingImage {
    Shelf shelf = Shelf::processed;
    std::string id;
    std::string title;    // of its WTML; the id when that can't be read
    std::string problem;  // why its WTML can't be read
    std::int64_t changed = 0;
    bool has_thumbnail = false;
};

class Awaiting {
public:
    explicit Awaiting(std::filesystem::path work_folder) : work_folder_(std::move(work_folder)) {}

    std::vector<WaitingImage> list();  // by shelf and id
    const std::filesystem::path& work_folder() const { return work_folder_; }
    // Throws Error::not_found when it isn't there (any more), and for names that are none.
    std::filesystem::path folder_of(Shelf shelf, const std::string& id) const;

private:
    void list_shelf(Shelf shelf, std::vector<WaitingImage>& images);
    void read_title(const std::filesystem::path& wtml, WaitingImage& image);

    struct Known {
        std::int64_t changed = 0;
        std::string title, problem;
    };
    const std::filesystem::path work_folder_;
    std::mutex mutex_;
    std::map<std::filesystem::path, Known> known_;  // by the path of the WTML
};

inline constexpr const char* relative_wtml = "index_rel.wtml";
constexpr std::uint64_t longest_wtml = 4u << 20;

}  // namespace atelier::pipelines::sky
