// A folder on its way into the store. The folder may be a task's, which may still be running: names are looked up from
// open folders and never through links.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "store/manifest.h"
#include "store/reading.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

constexpr int deepest = 200;  // folders in folders; each one is open while its content is read
constexpr std::size_t longest_link = 4095;

Micros modified_of(const struct stat& info) {
    return Micros{info.st_mtim.tv_sec} * 1'000'000 + info.st_mtim.tv_nsec / 1'000;
}

class Walk {
public:
    explicit Walk(const fs::path& root) : root_(root) {}

    std::vector<Entry> entries() {
        read_folder(open_file(root_, O_RDONLY | O_DIRECTORY), "", 0);
        std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
        return std::move(entries_);
    }

private:
    // Gives how many entries the folder has.
    std::size_t read_folder(Fd folder, const std::string& path, int depth) {
        if (depth > deepest)
            throw Error(Error::Kind::invalid, shown(path) + " lies too deep: folders in folders in folders");
        const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(folder.get()), &::closedir);
        if (!list) throw Error::from_errno("cannot read " + shown(path));
        const int number = folder.release();  // the list closes it
        std::size_t count = 0;
        for (errno = 0; const dirent* item = ::readdir(list.get()); errno = 0) {
            const std::string name = item->d_name;
            if (name == "." || name == "..") continue;
            read_entry(number, name, path.empty() ? name : path + "/" + name, depth);
            ++count;
        }
        if (errno != 0) throw Error::from_errno("cannot read " + shown(path));
        return count;
    }

    void read_entry(int folder, const std::string& name, const std::string& path, int depth) {
        struct stat info {};
        if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            throw Error::from_errno("cannot read " + shown(path));
        Entry entry;
        entry.path = path;
        entry.mode = info.st_mode & 0777;
        entry.modified = modified_of(info);
        if (S_ISDIR(info.st_mode)) {
            Fd below(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (!below) throw Error::from_errno("cannot read " + shown(path));
            if (read_folder(std::move(below), path, depth + 1) > 0) return;
            entry.kind = Entry::Kind::folder;
        } else if (S_ISLNK(info.st_mode)) {
            entry.kind = Entry::Kind::link;
            entry.link_target = read_link(folder, name, path);
            entry.mode = Entry().mode;
            entry.modified = 0;
        } else {
            require_file(info.st_mode, shown(path));
        }
        entries_.push_back(std::move(entry));
    }

    std::string read_link(int folder, const std::string& name, const std::string& path) const {
        std::string target(longest_link + 1, '\0');
        const ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
        if (size < 0) throw Error::from_errno("cannot read " + shown(path));
        target.resize(static_cast<std::size_t>(size));
        return target;
    }

    std::string shown(const std::string& path) const { return printable((root_ / path).string()); }

    const fs::path& root_;
    std::vector<Entry> entries_;
};

// The files' blobs, in their order: by the cache where it knows a file and the store has the blob, else by reading it.
// What goes into the store is always hashed on its way, whatever the cache says.
class Collector {
public:
    Collector(fs::path root, Blobs& blobs, HashCache* cache) : root_(std::move(root)), blobs_(blobs), cache_(cache) {}

    void fill(std::vector<Entry>& entries) {
        std::vector<Entry*> unknown;
        std::vector<BlobRef> known;
        for (Entry& entry : entries) {
            if (entry.kind != Entry::Kind::file) continue;
            if (look_up(entry))
                known.push_back(entry.blob);
            else
                unknown.push_back(&entry);
        }
        blobs_.hold(known);
        read(unknown);
    }

private:
    bool look_up(Entry& entry) {
        if (cache_ == nullptr) return false;
        const auto digest = cache_->find(root_ / entry.path);
        if (!digest) return false;
        entry.blob = {*digest, fs::file_size(root_ / entry.path)};
        return blobs_.has(entry.blob);
    }

    void read(const std::vector<Entry*>& entries) {
        std::vector<std::string> files;
        for (const Entry* entry : entries)
            files.push_back(entry->path);
        const auto stored = blobs_.put_files_beneath(root_, files);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            entries[i]->blob = stored[i];
            if (cache_ != nullptr) cache_->remember(root_ / entries[i]->path, stored[i].digest);
        }
    }

    const fs::path root_;
    Blobs& blobs_;
    HashCache* cache_;
};

Entry entry_of_file(const fs::path& folder, const std::string& path) {
    const fs::path file = folder / path;
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) throw Error::from_errno("cannot read " + printable(file.string()));
    require_file(info.st_mode, printable(file.string()));
    Entry entry;
    entry.path = path;
    entry.mode = info.st_mode & 0777;
    entry.modified = modified_of(info);
    return entry;
}

std::vector<Entry> entries_of_files(const fs::path& folder, const std::vector<std::string>& files) {
    std::vector<Entry> entries;
    for (const std::string& file : files)
        entries.push_back(entry_of_file(folder, file));
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
    return entries;
}

}  // namespace

namespace {

struct Found {
    fs::path folder;  // that the entries' paths begin in
    Manifest manifest;
};

Found find_entries(const fs::path& root, const std::vector<std::string>* only) {
    std::error_code ignored;
    Found found;
    if (only != nullptr)
        found = {root, {entries_of_files(root, *only)}};
    else if (fs::is_directory(root, ignored))
        found = {root, {Walk(root).entries()}};
    else
        found = {fs::absolute(root).parent_path(),
                 {{entry_of_file(fs::absolute(root).parent_path(), root.filename())}}};
    check_entries(found.manifest.entries);
    return found;
}

}  // namespace

Manifest collect(const fs::path& root, Blobs& blobs, HashCache* cache, const std::vector<std::string>* only) {
    Found found = find_entries(root, only);
    Collector(found.folder, blobs, cache).fill(found.manifest.entries);
    return std::move(found.manifest);
}

Manifest survey(const fs::path& root, HashCache& cache, const std::vector<std::string>* only) {
    Found found = find_entries(root, only);
    for (Entry& entry : found.manifest.entries)
        if (entry.kind == Entry::Kind::file)
            entry.blob = {cache.digest_of(found.folder / entry.path), fs::file_size(found.folder / entry.path)};
    return std::move(found.manifest);
}

}  // namespace atelier::store
