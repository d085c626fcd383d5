// The store in a local folder. An object is written below incoming/ of the same file system, synced, and renamed to its
// key: a kill at any point leaves either nothing under the key or all of it.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/id.h"
#include "store/store.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* incoming_name = "incoming";
constexpr unsigned read_only_mode = 0444;
constexpr std::size_t read_size = 1u << 20;
constexpr std::uint64_t writeback_step = 8u << 20;   // the disk begins to write while the rest is still being made
constexpr std::uint64_t kept_in_memory = 64u << 20;  // of an object's end: a large one leaves the memory to others

Micros modified_of(const struct stat& info) {
    return Micros{info.st_mtim.tv_sec} * 1'000'000 + info.st_mtim.tv_nsec / 1'000;
}

class FolderIncoming final : public Incoming {
public:
    explicit FolderIncoming(fs::path path) : path_(std::move(path)) {
        file_ = open_file(path_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    }
    ~FolderIncoming() override {
        if (!path_.empty()) ::unlink(path_.c_str());
    }

    void write(std::string_view piece) override {
        write_all(file_.get(), piece, path_);
        size_ += piece.size();
        if (size_ - asked_for_ < writeback_step) return;
        begin_writeback();
        if (size_ > kept_in_memory) let_go(size_ - kept_in_memory);
    }

    Fd clone(int file) override {
        if (::ioctl(file_.get(), FICLONE, file) != 0) return {};
        return Fd(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
    }

    void begin_writeback() {
        ::sync_file_range(file_.get(), static_cast<off64_t>(asked_for_), 0, SYNC_FILE_RANGE_WRITE);
        asked_for_ = size_;
    }

    // What lies far behind is on the disk by now, or nearly. The error that this wait tells, the last sync tells no
    // more.
    void let_go(std::uint64_t end) {
        const auto begin = static_cast<off64_t>(let_go_);
        const auto length = static_cast<off64_t>(end - let_go_);
        constexpr unsigned to_the_disk =
            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
        if (::sync_file_range(file_.get(), begin, length, to_the_disk) != 0 && errno != ENOSYS && errno != EINVAL)
            throw Error::from_errno("cannot write " + path_.string());
        ::posix_fadvise(file_.get(), begin, length, POSIX_FADV_DONTNEED);
        let_go_ = end;
    }

    void sync() {
        if (::fchmod(file_.get(), read_only_mode) != 0 || ::fsync(file_.get()) != 0)
            throw Error::from_errno("cannot sync " + path_.string());
        file_.reset();
    }

    bool rename_to(const fs::path& target) {
        if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) != 0) {
            if (errno == EEXIST) return false;
            // A file system without this flag can link without replacing; the name below incoming/ goes with this
            // object.
            if (errno != EINVAL) throw Error::from_errno("cannot write " + target.string());
            if (::link(path_.c_str(), target.c_str()) != 0) {
                if (errno == EEXIST) return false;
                throw Error::from_errno("cannot write " + target.string());
            }
            return true;
        }
        path_.clear();
        return true;
    }

private:
    fs::path path_;
    Fd file_;
    std::uint64_t size_ = 0;
    std::uint64_t asked_for_ = 0;  // of size_: what the disk was already told to write
    std::uint64_t let_go_ = 0;     // of size_: what needs no memory any more
};

class FolderStore final : public Store {
public:
    explicit FolderStore(const fs::path& root) : root_(whole(root)), incoming_(root_ / incoming_name) {}

    void get(const std::string& key, Range range, const ByteSink& sink) override {
        check_key(key);
        const Fd file = open_beneath(root_, key, O_RDONLY | O_NOFOLLOW);
        std::string buffer(std::min<std::uint64_t>(read_size, range.length.value_or(read_size)), '\0');
        std::uint64_t left = range.length.value_or(UINT64_MAX);
        for (std::uint64_t offset = range.offset; left > 0;) {
            const auto wanted = std::min<std::uint64_t>(buffer.size(), left);
            const ssize_t count = ::pread(file.get(), buffer.data(), wanted, static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw Error::from_errno("cannot read " + path_of(key).string());
            if (count == 0) return;
            sink(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
            offset += static_cast<std::uint64_t>(count);
            left -= static_cast<std::uint64_t>(count);
        }
    }

    std::unique_ptr<Incoming> begin() override {
        make_folders(incoming_);
        return std::make_unique<FolderIncoming>(incoming_ / random_id(attempt_id_length));
    }

    // Every file is synced before it gets its name, and every folder after. The disk is told of all files before the
    // first is waited for, and all names are given before the first folder is synced: most syncs then find their work
    // done.
    void keep(std::span<Arrival> arrivals) override {
        for (const Arrival& arrival : arrivals)
            check_key(arrival.key);
        if (arrivals.empty()) return;
        drop_known(arrivals);
        for (const Arrival& arrival : arrivals)
            if (arrival.object) object_of(arrival).begin_writeback();
        for (const Arrival& arrival : arrivals)
            if (arrival.object) object_of(arrival).sync();
        give_names(arrivals);
        sync_folders_of(arrivals);
    }

    std::optional<ObjectInfo> head(const std::string& key) override {
        check_key(key);
        return find(key);
    }

    void list(const std::string& prefix, const std::function<void(const ObjectInfo&)>& each) override {
        const std::size_t slash = prefix.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash);
        if (!folder.empty()) check_key(folder);
        std::error_code problem;
        fs::recursive_directory_iterator entry(folder.empty() ? root_ : root_ / folder, problem);
        if (problem == std::errc::no_such_file_or_directory || problem == std::errc::not_a_directory) return;
        for (; !problem && entry != fs::recursive_directory_iterator(); entry.increment(problem)) {
            const std::string key = entry->path().lexically_relative(root_).generic_string();
            if (key == incoming_name) entry.disable_recursion_pending();
            if (!key.starts_with(prefix)) continue;
            if (const auto info = find(key)) each(*info);
        }
        if (problem) throw Error::from_errno("cannot list " + root_.string(), problem.value());
    }

    void remove(const std::string& key) override {
        check_key(key);
        const Fd lock = lock_names(LOCK_EX);
        unlink_key(key);
    }

    bool remove_if_unchanged(const ObjectInfo& seen) override {
        check_key(seen.key);
        const Fd lock = lock_names(LOCK_EX);
        const auto now = head(seen.key);
        if (now && now->modified != seen.modified) return false;
        unlink_key(seen.key);
        return true;
    }

    Unfinished remove_unfinished(Micros older_than, bool dry_run) override {
        Unfinished found;
        std::error_code problem;
        for (fs::directory_iterator entry(incoming_, problem); !problem && entry != fs::directory_iterator();
             entry.increment(problem)) {
            struct stat info {};
            if (::lstat(entry->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
            if (modified_of(info) >= older_than) continue;
            ++found.count;
            found.bytes += static_cast<std::uint64_t>(info.st_size);
            if (!dry_run && ::unlink(entry->path().c_str()) != 0 && errno != ENOENT)
                throw Error::from_errno("cannot remove " + entry->path().string());
        }
        return found;
    }

    std::optional<std::string> signed_address(const std::string&, bool, double) override { return std::nullopt; }

    std::optional<fs::path> local_path(const std::string& key) override {
        if (!head(key)) return std::nullopt;
        return path_of(key);
    }

private:
    // Without "." and without a slash at the end, so that the parents of any key end at it.
    static fs::path whole(const fs::path& root) {
        const fs::path path = fs::absolute(root).lexically_normal();
        return path.has_filename() ? path : path.parent_path();
    }

    static FolderIncoming& object_of(const Arrival& arrival) { return static_cast<FolderIncoming&>(*arrival.object); }

    static void check_key(const std::string& key) {
        check_relative_path(key);
        if (key == incoming_name || key.starts_with(std::string(incoming_name) + '/'))
            throw Error(Error::Kind::invalid, "the key \"" + key + "\" is refused: incoming is the store's own");
    }

    fs::path path_of(const std::string& key) const { return root_ / key; }

    std::optional<ObjectInfo> find(const std::string& key) const {
        struct stat info {};
        if (::lstat(path_of(key).c_str(), &info) != 0) {
            if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
            throw Error::from_errno("cannot read " + path_of(key).string());
        }
        if (!S_ISREG(info.st_mode)) return std::nullopt;
        return ObjectInfo{key, static_cast<std::uint64_t>(info.st_size), modified_of(info)};
    }

    void make_folders(const fs::path& folder) const {
        std::error_code problem;
        fs::create_directories(folder, problem);
        if (problem) throw Error::from_errno("cannot make the folder " + folder.string(), problem.value());
    }

    // Names are given under the shared lock and taken under the exclusive one: what a put found to be there already
    // can't be collected as garbage in between. A store that was never written to has nothing to lock.
    Fd lock_names(int operation) const {
        Fd folder(::open(incoming_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder) {
            if (errno == ENOENT) return folder;
            throw Error::from_errno("cannot open " + incoming_.string());
        }
        while (::flock(folder.get(), operation) != 0)
            if (errno != EINTR) throw Error::from_errno("cannot lock " + incoming_.string());
        return folder;
    }

    // What is there already only gets a new time; its object, if there is one, isn't needed.
    void drop_known(std::span<Arrival> arrivals) const {
        const Fd lock = lock_names(LOCK_SH);
        for (Arrival& arrival : arrivals) {
            if (touch(arrival.key))
                arrival.object.reset();
            else if (!arrival.object)
                throw Error(Error::Kind::not_found, arrival.key + " is not in the store");
        }
    }

    void give_names(std::span<Arrival> arrivals) const {
        const Fd lock = lock_names(LOCK_SH);
        for (Arrival& arrival : arrivals) {
            arrival.was_new = false;
            if (!arrival.object) continue;
            const fs::path target = path_of(arrival.key);
            make_folders(target.parent_path());
            arrival.was_new = object_of(arrival).rename_to(target);
            if (!arrival.was_new && !touch(arrival.key))  // else somebody was quicker
                throw Error(Error::Kind::conflict, target.string() + " is in the way: it is no file");
        }
    }

    // Also for what others have just put there: they may not have come to this yet.
    void sync_folders_of(std::span<const Arrival> arrivals) const {
        std::set<fs::path> folders{root_};
        for (const Arrival& arrival : arrivals)
            for (fs::path folder = path_of(arrival.key).parent_path(); folder != root_; folder = folder.parent_path())
                folders.insert(folder);
        for (const fs::path& folder : folders)
            sync_folder(folder);
    }

    // False when it isn't there. That the time can't be changed (a file of another user) is no reason to fail.
    bool touch(const std::string& key) const {
        if (!find(key)) return false;
        return ::utimensat(AT_FDCWD, path_of(key).c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
    }

    void unlink_key(const std::string& key) const {
        if (::unlink(path_of(key).c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
            throw Error::from_errno("cannot remove " + path_of(key).string());
    }

    const fs::path root_;
    const fs::path incoming_;
};

}  // namespace

std::unique_ptr<Store> open_folder_store(const fs::path& root) { return std::make_unique<FolderStore>(root); }

}  // namespace atelier::store
