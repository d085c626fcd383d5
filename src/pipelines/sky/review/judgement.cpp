#include "pipelines/sky/review/judgement.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "pipelines/sky/work/rejects.h"
#include "pipelines/sky/work/reviewing.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

// Files of the ids in out_todo/ that somebody has looked at and left there. One that is older than what is in the
// folder was for an earlier version of the image.
constexpr const char* seen = "seen";

std::int64_t changed_at(const fs::path& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return 0;
    return info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
}

// What goes wrong with the one image is thrown.
Work work_on(const Awaiting& awaiting) {
    Work work{.folder = WorkFolder(awaiting.work_folder()), .way = {}, .tell = {}};
    work.tell.failed = [](const std::string&, const Error& error) { throw Error(error); };
    return work;
}

// The workflow's commands take patterns; an image's id must mean itself.
void check_means_itself(const std::string& id) {
    if (id.find_first_of("*?[") != std::string::npos)
        throw Error(Error::Kind::invalid, "The name of this image's folder can't be an id.",
                    "Ids are made of letters, digits, '_', '-' and '.'; rename it.");
}

Config config_of(const Work& work) {
    if (!fs::exists(work.folder.root() / config_name))
        throw Error(
            Error::Kind::not_found, std::string("There is no ") + config_name + " in the work folder.",
            "`atelier sky fetch` or `refresh` brings it from the repository; it tells the published addresses.");
    return load_config(work);
}

}  // namespace

void approve(const Awaiting& awaiting, Shelf shelf, const std::string& id) {
    const fs::path folder = awaiting.folder_of(shelf, id);
    check_means_itself(id);
    if (shelf == Shelf::out_todo) {
        fs::create_directories(awaiting.work_folder() / seen);
        return write_file_durably(awaiting.work_folder() / seen / id, "");
    }
    const Work work = work_on(awaiting);
    approve(work, config_of(work), {id});
}

void reject(const Awaiting& awaiting, Shelf shelf, const std::string& id, const std::string& reason) {
    const fs::path folder = awaiting.folder_of(shelf, id);
    check_means_itself(id);
    const Work work = work_on(awaiting);
    if (shelf == Shelf::processed) {
        reject(work, {id}, reason);
        return;
    }
    const auto lock = lock_folder(folder);
    if (!lock) throw Error(Error::Kind::not_found, "There is no image " + id + " any more.");
    work.folder.move(stage::out_todo, id, stage::rejects);
    write_reject(work, id, {reason, Rejector::person});
}

bool is_judged(const fs::path& work_folder, Shelf shelf, const std::string& id) {
    if (shelf != Shelf::out_todo) return false;
    const std::int64_t looked = changed_at(work_folder / seen / id);
    return looked != 0 && looked >= changed_at(work_folder / to_string(shelf) / id / relative_wtml);
}

}  // namespace atelier::pipelines::sky
