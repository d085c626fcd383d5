#include "worker/worker_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>

#include "base/error.h"
#include "base/id.h"
#include "base/text.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

constexpr int id_length = 12;
// The farm keeps checkpoints, too; what lies here only saves that they are fetched.
constexpr std::chrono::hours checkpoints_kept{24 * 7};

void make(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) throw Error::from_errno("cannot make the folder " + folder.string(), problem.value());
}

Fd lock_folder(const fs::path& root) {
    Fd lock = open_file(root / "lock", O_RDWR | O_CREAT, 0600);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) throw Error::from_errno("cannot lock " + (root / "lock").string());
    throw Error(Error::Kind::conflict, "another worker is running in " + root.string(),
                "give this one a folder of its own with --data");
}

// Of tasks that were done elsewhere since.
void remove_old_checkpoints(const fs::path& folder) {
    const auto oldest = fs::file_time_type::clock::now() - checkpoints_kept;
    std::error_code ignored;
    for (const auto& job : fs::directory_iterator(folder, ignored))
        for (const auto& task : fs::directory_iterator(job.path(), ignored))
            if (fs::last_write_time(task.path(), ignored) < oldest) fs::remove_all(task.path(), ignored);
}

}  // namespace

WorkerFolder::WorkerFolder(const fs::path& root) : root_(fs::absolute(root).lexically_normal()) {
    make(root_);
    lock_ = lock_folder(root_);
    for (const fs::path& folder : {cache(), sessions(), checkpoints(), spool()})
        make(folder);
    id_ = known_id();
    empty_folder(sessions());
    remove_old_checkpoints(checkpoints());
}

std::string WorkerFolder::known_id() {
    constexpr std::uint64_t largest = 256;
    const fs::path file = root_ / "id";
    if (fs::exists(file)) {
        const std::string text = read_file(file, largest);
        const std::string id(trim(text));
        if (looks_like_id(id) && id.size() == id_length) return id;
        throw Error(Error::Kind::invalid, file.string() + " holds no worker's id",
                    "remove it, and the worker gets a new one");
    }
    const std::string id = random_id(id_length);
    write_file_durably(file, id + "\n", 0600);
    return id;
}

}  // namespace atelier::worker
