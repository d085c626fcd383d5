#include "store/backstage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "base/error.h"
#include "base/id.h"
#include "store/reading.h"

namespace atelier::store {

namespace {

constexpr int name_length = 10;

// The names in a folder that begin with `prefix`.
std::vector<std::string> names_in(const Fd& folder, std::string_view prefix) {
    const int number = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> open(number < 0 ? nullptr : ::fdopendir(number), ::closedir);
    std::vector<std::string> names;
    if (!open) return names;
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != ".." && name.starts_with(prefix)) names.emplace_back(name);
    }
    return names;
}

Fd open_folder(const Fd& parent, const std::string& name) {
    return Fd(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool lock_at_once(const Fd& folder) { return ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0; }

// It holds files alone.
void remove_folder(const Fd& parent, const Fd& folder, const std::string& name) {
    for (const std::string& file : names_in(folder, ""))
        ::unlinkat(folder.get(), file.c_str(), 0);
    ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
}

}  // namespace

Backstage::Backstage(const Fd& root, std::string shown) : root_(root), shown_(std::move(shown)) {
    remove_abandoned();
    make();
}

// Somebody else may take a folder that isn't locked yet for an abandoned one; then there is another.
void Backstage::make() {
    do {
        name_ = std::string(prefix) + random_id(name_length);
        if (::mkdirat(root_.get(), name_.c_str(), 0700) != 0) throw Error::from_errno("cannot write to " + shown_);
        folder_ = open_folder(root_, name_);
    } while (!folder_ || !lock_at_once(folder_) || status_of(folder_, shown_).st_nlink == 0);
}

Backstage::~Backstage() { remove_folder(root_, folder_, name_); }

void Backstage::remove_abandoned() {
    for (const std::string& name : names_in(root_, prefix)) {
        const Fd folder = open_folder(root_, name);
        if (folder && lock_at_once(folder)) remove_folder(root_, folder, name);
    }
}

}  // namespace atelier::store
