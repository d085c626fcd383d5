#include "pipelines/sky/review/awaiting.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/review/judgement.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

// What may be the name of an image's folder; links aren't followed.
bool is_name(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find_first_of("/\\") == std::string::npos &&
           name.find('\0') == std::string::npos && count_characters(name);
}

std::int64_t changed_at(const fs::path& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return 0;
    return info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
}

}  // namespace

std::string_view to_string(Shelf shelf) { return shelf == Shelf::processed ? "processed" : "out_todo"; }

Shelf shelf_by_name(std::string_view name) {
    for (const Shelf shelf : {Shelf::processed, Shelf::out_todo})
        if (name == to_string(shelf)) return shelf;
    throw Error(Error::Kind::not_found, "Images wait in processed and out_todo, not in '" + printable(name) + "'.");
}

fs::path Awaiting::folder_of(Shelf shelf, const std::string& id) const {
    const fs::path folder = work_folder_ / to_string(shelf) / id;
    std::error_code none;
    if (!is_name(id) || !fs::is_directory(fs::symlink_status(folder, none)))
        throw Error(Error::Kind::not_found, "There is no image " + printable(id) + " any more.",
                    "Somebody else has judged it, or it is being processed again.");
    return folder;
}

std::vector<WaitingImage> Awaiting::list() {
    std::vector<WaitingImage> images;
    for (const Shelf shelf : {Shelf::processed, Shelf::out_todo})
        list_shelf(shelf, images);
    return images;
}

void Awaiting::list_shelf(Shelf shelf, std::vector<WaitingImage>& images) {
    const std::size_t before = images.size();
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(work_folder_ / to_string(shelf), none)) {
        const std::string id = entry.path().filename().string();
        std::error_code gone;
        if (!is_name(id) || !fs::is_directory(entry.symlink_status(gone)) || is_judged(work_folder_, shelf, id))
            continue;
        WaitingImage image;
        image.shelf = shelf;
        image.id = id;
        image.has_thumbnail = fs::is_regular_file(entry.path() / "thumb.jpg", gone);
        read_title(entry.path() / relative_wtml, image);
        images.push_back(std::move(image));
    }
    std::sort(images.begin() + static_cast<std::ptrdiff_t>(before), images.end(),
              [](const WaitingImage& one, const WaitingImage& other) { return one.id < other.id; });
}

void Awaiting::read_title(const fs::path& wtml, WaitingImage& image) {
    image.changed = changed_at(wtml);
    const std::lock_guard lock(mutex_);
    Known& known = known_[wtml];
    if (known.changed != image.changed || image.changed == 0) {
        known = {.changed = image.changed, .title = image.id, .problem = {}};
        try {
            const WtmlFolder folder = read_wtml(read_file(wtml, longest_wtml), wtml.filename());
            if (!folder.name.empty()) known.title = folder.name;
            if (!folder.places.empty() && !folder.places.front().name.empty()) known.title = folder.places.front().name;
        } catch (const Error& error) {
            known.problem = error.what();
        }
    }
    image.title = known.title;
    image.problem = known.problem;
}

}  // namespace atelier::pipelines::sky
