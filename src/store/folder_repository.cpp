// Published files in a local folder. They are written backstage by several threads, made durable together, and renamed
// to where others read them: a kill at any point leaves each file old and whole or new and whole.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/file_pieces.h"
#include "base/files.h"
#include "base/parallel.h"
#include "store/backstage.h"
#include "store/reading.h"
#include "store/repository.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t group_size = 2048;  // files that are made durable together
constexpr std::size_t synced_singly = 4;  // fewer files than this: not all of the file system is asked to write
constexpr std::size_t copied_at_once = 256u << 10;

std::size_t copying_threads() { return std::clamp(std::thread::hardware_concurrency(), 2u, 8u); }

std::string parent_of(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string::npos ? "" : name.substr(0, slash);
}

std::string last_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }

void check_name(const std::string& name) {
    check_relative_path(name);
    if (name.starts_with(Backstage::prefix))
        throw Error(Error::Kind::invalid, "the name \"" + name + "\" is refused: it is kept for publishing itself");
}

// The time is the clock's own, finer than a file system's: so it tells any two contents apart.
std::string tag_of(const struct stat& info) {
    return std::to_string(info.st_size) + '-' + std::to_string(info.st_mtim.tv_sec) + '-' +
           std::to_string(info.st_mtim.tv_nsec) + '-' + std::to_string(info.st_ino);
}

PublishedFile describe(const std::string& name, const struct stat& info) {
    return {name, static_cast<std::uint64_t>(info.st_size), tag_of(info)};
}

void copy_pieces(const Fd& from, const Fd& to, const fs::path& shown) {
    std::string buffer(copied_at_once, '\0');
    for (;;) {
        const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + shown.string());
        if (count == 0) return;
        write_all(to.get(), std::string_view(buffer.data(), static_cast<std::size_t>(count)), shown);
    }
}

// By the file system, where it can; small files are quicker by hand.
void copy_content(const Fd& from, const Fd& to, const fs::path& shown) {
    const struct stat info = status_of(from, shown.string());
    require_file(info.st_mode, shown.string());
    if (::ioctl(to.get(), FICLONE, from.get()) == 0) return;
    if (info.st_size > static_cast<off_t>(copied_at_once)) {
        ssize_t count = 0;
        do {
            count = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, 1u << 30, 0);
        } while (count > 0);
        if (count == 0) return;
        if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
            throw Error::from_errno("cannot publish " + shown.string());
    }
    copy_pieces(from, to, shown);
}

// A folder's entries in the order in which the files below it are listed: a folder counts with its slash.
struct Entry {
    std::string key;
    bool is_folder = false;
};

std::vector<Entry> entries_of(const Fd& folder, const std::string& base, const fs::path& shown) {
    const int number = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> open(number < 0 ? nullptr : ::fdopendir(number), ::closedir);
    if (!open) throw Error::from_errno("cannot list " + shown.string());
    std::vector<Entry> entries;
    while (const dirent* found = ::readdir(open.get())) {
        const std::string name = found->d_name;
        if (name == "." || name == ".." || (base.empty() && name.starts_with(Backstage::prefix))) continue;
        struct stat info {};
        unsigned char type = found->d_type;
        if (type == DT_UNKNOWN && ::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
            type = static_cast<unsigned char>(IFTODT(info.st_mode));
        if (type == DT_DIR) entries.push_back({base + name + '/', true});
        if (type == DT_REG) entries.push_back({base + name, false});
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    return entries;
}

class FolderRepository final : public Repository {
public:
    explicit FolderRepository(const fs::path& root) : root_(fs::absolute(root).lexically_normal()) {}

    std::string where() const override { return root_.string(); }

    void publish(std::span<const Upload> uploads, const std::function<void(const Upload&)>& done) override {
        for (const Upload& upload : uploads)
            check_name(upload.name);
        if (uploads.empty()) return;
        const Fd root = make_root();
        const Backstage stage(root, root_.string());
        const auto tell = [&](std::span<const Upload> group) {
            for (const Upload& upload : group)
                if (done) done(upload);
        };
        std::span<const Upload> named;  // the group before; its names may not be on the disk yet
        std::set<std::string> folders;  // of it
        for (std::size_t begin = 0; begin < uploads.size(); begin += group_size) {
            const auto group = uploads.subspan(begin, std::min(group_size, uploads.size() - begin));
            in_parallel(group.size(), copying_threads(), [&](std::size_t i) { write(group[i], stage, i); });
            if (!named.empty() || group.size() >= synced_singly)
                sync_all(root);
            else
                sync_files(stage, group.size());
            tell(named);
            const Fd lock = lock_names(LOCK_SH);
            folders = give_names(stage, group);
            named = group;
        }
        sync_folders(root, folders);
        tell(named);
    }

    bool publish_if(const Upload& upload, const std::optional<std::string>& tag) override {
        check_name(upload.name);
        const Fd root = make_root();
        const Backstage stage(root, root_.string());
        write(upload, stage, 0);
        sync_files(stage, 1);
        const Fd lock = lock_names(LOCK_EX);
        const auto now = head(upload.name);
        if (now.has_value() != tag.has_value() || (now && now->tag != *tag)) return false;
        sync_folders(root, give_names(stage, std::span(&upload, 1)));
        return true;
    }

    std::optional<PublishedFile> head(const std::string& name) override {
        check_name(name);
        try {
            const Fd file = open_beneath(root_, name, O_PATH);
            const struct stat info = status_of(file, shown(name));
            if (S_ISREG(info.st_mode)) return describe(name, info);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::not_found) throw;
        }
        return std::nullopt;
    }

    std::string read(const std::string& name, std::uint64_t limit) override {
        check_name(name);
        Fd file = open_beneath(root_, name, O_RDONLY | O_NONBLOCK);
        if (!S_ISREG(status_of(file, shown(name)).st_mode))
            throw Error(Error::Kind::not_found, shown(name) + " is no file");
        std::string content;
        FilePieces pieces(std::move(file), shown(name));
        for (std::string_view piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
            content += piece;
            if (content.size() > limit)
                throw Error(Error::Kind::exhausted,
                            shown(name) + " is larger than the " + std::to_string(limit) + " bytes that are allowed");
        }
        return content;
    }

    void list(const std::string& prefix, const std::function<void(const PublishedFile&)>& each) override {
        const std::string base = parent_of(prefix);
        if (const Fd folder = open_folder(base)) list_below(folder, base.empty() ? "" : base + '/', prefix, each);
    }

    std::vector<std::string> folders(const std::string& folder) override {
        std::vector<std::string> names;
        const Fd open = open_folder(folder);
        if (!open) return names;
        const std::string base = folder.empty() ? "" : folder + '/';
        for (const Entry& entry : entries_of(open, base, shown(folder)))
            if (entry.is_folder) names.push_back(entry.key.substr(base.size(), entry.key.size() - base.size() - 1));
        std::sort(names.begin(), names.end());
        return names;
    }

    // With the folders that are empty then: elsewhere a folder is only what has files in it.
    void remove(const std::string& name) override {
        check_name(name);
        if (!open_folder("")) return;
        const Fd lock = lock_names(LOCK_EX);
        std::string rest = name;
        for (int flags = 0; !rest.empty(); rest = parent_of(rest), flags = AT_REMOVEDIR) {
            const Fd folder = open_folder(parent_of(rest));
            if (!folder) continue;
            if (::unlinkat(folder.get(), last_of(rest).c_str(), flags) == 0) continue;
            if (flags != 0) return;  // not empty
            if (errno == ENOENT) return;
            throw Error::from_errno("cannot remove " + shown(name));
        }
    }

private:
    std::string shown(const std::string& name) const { return (root_ / name).string(); }

    Fd make_root() const {
        std::error_code problem;
        fs::create_directories(root_, problem);
        if (problem) throw Error::from_errno("cannot make the folder " + root_.string(), problem.value());
        return open_file(root_, O_RDONLY | O_DIRECTORY);
    }

    // Nothing when there is no such folder.
    Fd open_folder(const std::string& name) const {
        try {
            if (name.empty()) return open_file(root_, O_RDONLY | O_DIRECTORY);
            check_name(name);
            return open_beneath(root_, name, O_RDONLY | O_DIRECTORY);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::not_found) throw;
            return {};
        }
    }

    // Names are given under the shared lock; who looks first and then gives one, or takes one away, is alone.
    Fd lock_names(int operation) const {
        Fd lock = open_file(root_, O_RDONLY | O_DIRECTORY);
        while (::flock(lock.get(), operation) != 0)
            if (errno != EINTR) throw Error::from_errno("cannot lock " + root_.string());
        return lock;
    }

    void write(const Upload& upload, const Backstage& stage, std::size_t number) const {
        const Fd file(::openat(stage.folder().get(), std::to_string(number).c_str(),
                               O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
        if (!file) throw Error::from_errno("cannot write to " + root_.string());
        if (upload.file.empty())
            write_all(file.get(), upload.content, shown(upload.name));
        else
            copy_content(open_file(upload.file, O_RDONLY | O_NONBLOCK), file, upload.file);
        timespec now[2]{};
        ::clock_gettime(CLOCK_REALTIME, &now[0]);
        now[1] = now[0];
        if (::futimens(file.get(), now) != 0) throw Error::from_errno("cannot write " + shown(upload.name));
    }

    void sync_files(const Backstage& stage, std::size_t count) const {
        for (std::size_t i = 0; i < count; ++i) {
            const Fd file(::openat(stage.folder().get(), std::to_string(i).c_str(), O_RDONLY | O_CLOEXEC));
            if (!file || ::fsync(file.get()) != 0) throw Error::from_errno("cannot write to " + root_.string());
        }
    }

    // Many files are on the disk soonest when the file system is asked once.
    void sync_all(const Fd& root) const {
        if (::syncfs(root.get()) != 0) throw Error::from_errno("cannot write to " + root_.string());
    }

    // Folder by folder, so that each is opened once; of two with the same name the later one stays. Gives the folders.
    std::set<std::string> give_names(const Backstage& stage, std::span<const Upload> group) const {
        std::vector<std::size_t> order(group.size());
        std::iota(order.begin(), order.end(), 0);
        std::vector<std::string> parents;
        for (const Upload& upload : group)
            parents.push_back(parent_of(upload.name));
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return parents[a] < parents[b]; });
        Fd folder;
        std::set<std::string> touched;
        for (const std::size_t i : order) {
            if (touched.insert(parents[i]).second) folder = make_folder(parents[i]);
            give_name(stage, i, folder, group[i].name);
        }
        return touched;
    }

    // With those above, which may be new.
    void sync_folders(const Fd& root, std::set<std::string> folders) const {
        if (folders.size() >= synced_singly) return sync_all(root);
        for (std::string one : std::set(folders))
            for (; !one.empty(); one = parent_of(one))
                folders.insert(parent_of(one));
        for (const std::string& one : folders)
            if (::fsync(open_folder(one).get()) != 0) throw Error::from_errno("cannot write to " + shown(one));
    }

    void give_name(const Backstage& stage, std::size_t number, const Fd& folder, const std::string& name) const {
        if (::renameat(stage.folder().get(), std::to_string(number).c_str(), folder.get(), last_of(name).c_str()) == 0)
            return;
        if (errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST)
            throw Error(Error::Kind::conflict, shown(name) + " is in the way: it is a folder");
        throw Error::from_errno("cannot write " + shown(name));
    }

    Fd make_folder(const std::string& name) const {
        if (Fd folder = open_folder(name)) return folder;
        const Fd parent = make_folder(parent_of(name));
        if (::mkdirat(parent.get(), last_of(name).c_str(), 0777) != 0 && errno != EEXIST)
            throw Error::from_errno("cannot make the folder " + shown(name));
        if (Fd folder = open_folder(name)) return folder;  // ours, or of somebody who was quicker
        throw Error(Error::Kind::conflict, shown(name) + " is in the way: it is no folder");
    }

    void list_below(const Fd& folder, const std::string& base, const std::string& prefix,
                    const std::function<void(const PublishedFile&)>& each) const {
        for (const Entry& entry : entries_of(folder, base, shown(base))) {
            if (!entry.key.starts_with(prefix) && !prefix.starts_with(entry.key)) continue;
            const std::string name = entry.key.substr(base.size());
            if (entry.is_folder) {
                const Fd below(::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
                if (below) list_below(below, entry.key, prefix, each);
                continue;
            }
            struct stat info {};
            if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode))
                each(describe(entry.key, info));
        }
    }

    const fs::path root_;
};

}  // namespace

std::unique_ptr<Repository> open_folder_repository(const fs::path& root) {
    return std::make_unique<FolderRepository>(root);
}

}  // namespace atelier::store
