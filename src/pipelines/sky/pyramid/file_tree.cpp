#include "pipelines/sky/pyramid/file_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"

namespace atelier::pipelines::sky {

void FileTree::write(const std::filesystem::path& relative, std::string_view bytes) {
    const std::filesystem::path path = root_ / relative;
    make_folder(path.parent_path());
    std::filesystem::path beside = path;
    beside += unfinished;
    {
        const Fd file = open_file(beside, O_WRONLY | O_CREAT | O_TRUNC);
        write_all(file.get(), bytes, beside);
        ::sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);  // so that finish() has little left to do
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) throw Error::from_errno("cannot write " + path.string());
}

void FileTree::remove(const std::filesystem::path& relative) {
    const std::filesystem::path path = root_ / relative;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
        throw Error::from_errno("cannot remove " + path.string());
}

void FileTree::finish() {
    if (!std::filesystem::exists(root_)) return;
    const Fd folder = open_file(root_, O_RDONLY | O_DIRECTORY);
    if (::syncfs(folder.get()) != 0) throw Error::from_errno("cannot sync " + root_.string());
}

void FileTree::make_folder(const std::filesystem::path& folder) {
    const std::lock_guard lock(mutex_);
    if (!folders_.insert(folder).second) return;
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) throw Error::from_errno("cannot make the folder " + folder.string(), problem.value());
}

}  // namespace atelier::pipelines::sky
