#include "farm/layout.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "db/db.h"

namespace atelier::farm {

void Layout::tell_elsewhere(const std::string& url) const {
    const std::string text = db::shown(url) + "\n";
    std::error_code none;
    if (std::filesystem::exists(elsewhere(), none) && read_file(elsewhere()) == text) return;
    write_file_durably(elsewhere(), text, 0600);
}

void Layout::require_here() const {
    std::error_code none;
    if (!std::filesystem::exists(elsewhere(), none)) return;
    const std::string database(trim(std::string_view(read_file(elsewhere()))));
    throw Error(Error::Kind::conflict, "the jobs of " + root.string() + " are in the database " + database,
                "`atelier serve --db URL` serves them; `atelier db copy URL " + root.string() + "` brings them here");
}

void Layout::create() const {
    std::error_code problem;
    std::filesystem::create_directories(root, problem);
    if (problem)
        throw Error(Error::Kind::denied, "cannot make the data folder " + root.string() + ": " + problem.message(),
                    "set ATELIER_HOME to a folder that you may write");
    for (const auto& folder : {store(), logs(), sessions(), checkpoints()})
        if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
            throw Error::from_errno("cannot make the folder " + folder.string());
}

std::shared_ptr<store::Blobs> Layout::open_blobs() const {
    return std::make_shared<store::Blobs>(std::shared_ptr<store::Store>(store::open_folder_store(store())));
}

Fd Layout::hold_blobs() const {
    Fd lock = open_file(root / "blobs.lock", O_RDWR | O_CREAT, 0600);
    if (::flock(lock.get(), LOCK_SH) != 0) throw Error::from_errno("cannot lock the blobs of " + root.string());
    return lock;
}

Fd Layout::take_blobs() const {
    Fd lock = open_file(root / "blobs.lock", O_RDWR | O_CREAT, 0600);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
    return lock;
}

}  // namespace atelier::farm
