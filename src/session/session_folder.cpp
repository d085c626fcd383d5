#include "session/session_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "base/id.h"

namespace atelier::session {

namespace fs = std::filesystem;

namespace {

constexpr unsigned private_mode = 0700;

// A task may have left folders that even their owner can't list or change.
void open_up(const fs::path& folder) {
    std::error_code ignored;
    fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow, ignored);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
        if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) open_up(entry.path());
}

Fd open_folder(const fs::path& root, const fs::path& relative) {
    if (relative.empty()) return open_file(root, O_PATH | O_DIRECTORY);
    if (::mkdir((root / relative).c_str(), private_mode) != 0 && errno != EEXIST)
        throw Error::from_errno("cannot make the folder " + (root / relative).string());
    return open_beneath(root, relative.string(), O_PATH | O_DIRECTORY);
}

}  // namespace

SessionFolder::SessionFolder(const fs::path& parent, bool keep) : keep_(keep) {
    fs::create_directories(parent);
    path_ = make_private_folder(fs::canonical(parent), "session-");
}

SessionFolder::~SessionFolder() {
    if (keep_) return;
    std::error_code failure;
    fs::remove_all(path_, failure);
    if (!failure) return;
    open_up(path_);
    fs::remove_all(path_, failure);
}

fs::path SessionFolder::write(const std::string& relative, std::string_view bytes, unsigned mode) const {
    check_relative_path(relative);
    const fs::path name(relative);
    const fs::path whole = path_ / name;
    const Fd folder = open_folder(path_, name.parent_path());
    const std::string beside = "." + random_id(job_id_length) + ".tmp";
    const Fd file(::openat(folder.get(), beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file) throw Error::from_errno("cannot write " + whole.string());
    try {
        ::fchmod(file.get(), mode);  // whatever the umask is
        write_all(file.get(), bytes, whole);
        if (::renameat(folder.get(), beside.c_str(), folder.get(), name.filename().c_str()) != 0)
            throw Error::from_errno("cannot write " + whole.string());
    } catch (...) {
        ::unlinkat(folder.get(), beside.c_str(), 0);
        throw;
    }
    return whole;
}

}  // namespace atelier::session
