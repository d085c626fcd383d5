// A manifest on its way into a folder. What stands there already may be a trap: each folder is opened from the one that
// it stands in, never through a link, and nothing is written over.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "base/error.h"
#include "store/manifest.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

timespec time_of(Micros micros) {
    const Micros second = 1'000'000;
    const Micros seconds = micros / second - (micros % second < 0 ? 1 : 0);
    return {static_cast<time_t>(seconds), static_cast<long>((micros - seconds * second) * 1'000)};
}

class Placing {
public:
    Placing(const fs::path& root, Blobs& blobs, Placement placement)
        : root_(root), blobs_(blobs), placement_(placement) {
        std::error_code problem;
        fs::create_directories(root, problem);
        if (problem) throw Error::from_errno("cannot make the folder " + root.string(), problem.value());
        current_ = open_file(root, O_RDONLY | O_DIRECTORY);
    }

    ~Placing() {
        if (!finished_) undo();
    }

    void place(const Entry& entry) {
        enter(folder_of(entry.path), Missing::make);
        const std::string name = name_of(entry.path);
        switch (entry.kind) {
            case Entry::Kind::file: return place_file(entry, name);
            case Entry::Kind::folder: return place_folder(entry, name);
            case Entry::Kind::link: return place_link(entry, name);
        }
    }

    void finish() { finished_ = true; }

private:
    void place_file(const Entry& entry, const std::string& name) {
        blobs_.place_at(entry.blob, current_, name, root_ / entry.path, placement_, entry.mode);
        laid_.push_back({entry.path, false});
        struct stat info {};
        if (::fstatat(current_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_nlink > 1)
            return;  // a hard link: its time is the blob's
        set_time(entry, name);
    }

    void place_folder(const Entry& entry, const std::string& name) {
        make_folder(name, entry.path);
        const Fd folder = open_folder(name, entry.path);
        if (::fchmod(folder.get(), entry.mode) != 0) fail("cannot set the mode of ", entry.path);
        set_time(entry, name);
    }

    void place_link(const Entry& entry, const std::string& name) {
        if (::symlinkat(entry.link_target.c_str(), current_.get(), name.c_str()) != 0)
            fail("cannot make the link ", entry.path);
        laid_.push_back({entry.path, false});
    }

    void set_time(const Entry& entry, const std::string& name) {
        const timespec times[2] = {time_of(entry.modified), time_of(entry.modified)};
        if (::utimensat(current_.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
            fail("cannot set the time of ", entry.path);
    }

    enum class Missing { make, fail };

    // Makes current_ the folder at this path.
    void enter(const std::string& path, Missing missing) {
        if (path == path_) return;
        current_ = open_file(root_, O_RDONLY | O_DIRECTORY);
        path_.clear();
        for (std::size_t begin = 0; begin < path.size();) {
            const std::size_t end = std::min(path.find('/', begin), path.size());
            const std::string name = path.substr(begin, end - begin);
            const std::string so_far = path.substr(0, end);
            if (missing == Missing::make) make_folder(name, so_far);
            current_ = open_folder(name, so_far);
            begin = end + 1;
        }
        path_ = path;
    }

    void make_folder(const std::string& name, const std::string& path) {
        if (::mkdirat(current_.get(), name.c_str(), 0777) == 0)
            laid_.push_back({path, true});
        else if (errno != EEXIST)
            fail("cannot make the folder ", path);
    }

    Fd open_folder(const std::string& name, const std::string& path) {
        Fd folder(::openat(current_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (folder) return folder;
        if (errno == ELOOP || errno == ENOTDIR)
            throw Error(Error::Kind::conflict, (root_ / path).string() + " is in the way: it is a link or no folder");
        fail("cannot open the folder ", path);
    }

    [[noreturn]] void fail(const char* what, const std::string& path) {
        throw Error::from_errno(what + (root_ / path).string());
    }

    // The last first, so that a folder is empty when it is its turn; one that somebody else has used meanwhile stays.
    void undo() {
        for (auto laid = laid_.rbegin(); laid != laid_.rend(); ++laid) {
            try {
                enter(folder_of(laid->path), Missing::fail);
                ::unlinkat(current_.get(), name_of(laid->path).c_str(), laid->is_folder ? AT_REMOVEDIR : 0);
            } catch (const Error&) {
                continue;  // nothing more can be done about this one
            }
        }
    }

    struct Laid {
        std::string path;
        bool is_folder;
    };

    const fs::path& root_;
    Blobs& blobs_;
    const Placement placement_;
    std::string path_;  // of current_, below root
    Fd current_;
    std::vector<Laid> laid_;
    bool finished_ = false;
};

}  // namespace

// Folders may be closed for writing and links lead elsewhere, so what stands in folders comes first.
void place(const Manifest& manifest, const fs::path& root, Blobs& blobs, Placement placement) {
    check_entries(manifest.entries);
    Placing placing(root, blobs, placement);
    for (const auto kind : {Entry::Kind::file, Entry::Kind::folder, Entry::Kind::link})
        for (const Entry& entry : manifest.entries)
            if (entry.kind == kind) placing.place(entry);
    placing.finish();
}

}  // namespace atelier::store
