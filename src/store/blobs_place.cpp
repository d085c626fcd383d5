// Blobs on their way out: as cheap as the file system allows, and never unseen whether the content is right.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/blobs.h"
#include "store/reading.h"
#include "store/verified.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

constexpr unsigned execute_bits = 0111;

[[noreturn]] void refuse(const BlobRef& blob, const std::string& why) {
    throw Error(Error::Kind::internal, "the blob " + blob.digest.hex() + " is damaged: " + why,
                "run: atelier store check");
}

// Each piece goes to `to` as well, if there is one.
Digest hash_file(const Fd& file, const fs::path& shown, const Fd* to = nullptr) {
    std::string buffer(piece_size, '\0');
    Sha256 hash;
    read_pieces(file, shown.string(), buffer, [&](std::string_view piece) {
        hash.update(piece);
        if (to != nullptr) write_all(to->get(), piece, shown);
    });
    return hash.finish();
}

// A name in a folder that is gone at the end of the scope unless it may stay.
class Laid {
public:
    Laid(const Fd& folder, const std::string& name) : folder_(folder), name_(name) {}
    ~Laid() {
        if (!stays_) ::unlinkat(folder_.get(), name_.c_str(), 0);
    }
    Laid(const Laid&) = delete;
    Laid& operator=(const Laid&) = delete;
    void stay() { stays_ = true; }

private:
    const Fd& folder_;
    const std::string& name_;
    bool stays_ = false;
};

class Target {
public:
    Target(const Fd& folder, const std::string& name, const fs::path& shown)
        : file_(create(folder, name, shown)), laid_(folder, name), shown_(shown) {}
    const Fd& file() const { return file_; }
    bool clone(const Fd& source) const { return ::ioctl(file_.get(), FICLONE, source.get()) == 0; }
    void finish(unsigned mode) {
        if (::fchmod(file_.get(), mode) != 0) throw Error::from_errno("cannot set the mode of " + shown_.string());
        laid_.stay();
    }

private:
    static Fd create(const Fd& folder, const std::string& name, const fs::path& shown) {
        Fd file(::openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) throw Error::from_errno("cannot write " + shown.string());
        return file;
    }

    Fd file_;
    Laid laid_;
    const fs::path& shown_;
};

// The very file that is open, not what its path may name by now.
bool link_open_file(const Fd& source, const Fd& folder, const std::string& name, const fs::path& shown) {
    const std::string path = "/proc/self/fd/" + std::to_string(source.get());
    if (::linkat(AT_FDCWD, path.c_str(), folder.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
    if (errno == EEXIST) throw Error::from_errno("cannot write " + shown.string());
    return false;  // another file system, too many links, another owner
}

// As root, who may write to what is read-only, a task could change the blob itself through a link; a program needs its
// mode.
bool may_be_linked(unsigned mode) { return ::geteuid() != 0 && (mode & execute_bits) == 0; }

void verify(const BlobRef& blob, const Fd& file, const fs::path& shown, Verified& verified) {
    const struct stat info = status_of(file, shown.string());
    if (verified.holds(blob.digest, info)) return;
    if (hash_file(file, shown) != blob.digest) refuse(blob, "its content has changed");
    verified.remember(blob.digest, info);
}

void place_local(const BlobRef& blob, const Fd& source, const Fd& folder, const std::string& name,
                 const fs::path& shown, Placement placement, unsigned mode, Verified& verified) {
    if (placement == Placement::automatic) {
        if (Target target(folder, name, shown); target.clone(source)) {
            verify(blob, source, shown, verified);
            return target.finish(mode);
        }
        if (may_be_linked(mode) && link_open_file(source, folder, name, shown)) {
            Laid link(folder, name);
            verify(blob, source, shown, verified);
            return link.stay();
        }
    }
    Target target(folder, name, shown);
    if (hash_file(source, shown, &target.file()) != blob.digest) refuse(blob, "its content has changed");
    target.finish(mode);
}

void place_from_afar(const BlobRef& blob, Store& store, const Fd& folder, const std::string& name,
                     const fs::path& shown, unsigned mode) {
    Target target(folder, name, shown);
    Sha256 hash;
    store.get(Blobs::key_of(blob.digest), {0, blob.size + 1}, [&](std::string_view piece) {
        hash.update(piece);
        write_all(target.file().get(), piece, shown);
    });
    if (hash.finish() != blob.digest) refuse(blob, "its content has changed");
    target.finish(mode);
}

}  // namespace

void Blobs::place_at(const BlobRef& blob, const Fd& folder, const std::string& name, const fs::path& shown,
                     Placement placement, unsigned mode) {
    const std::string key = key_of(blob.digest);
    const auto there = store_->head(key);
    if (!there) throw Error(Error::Kind::not_found, "the blob " + blob.digest.hex() + " is not in the store");
    if (there->size != blob.size)
        refuse(blob, "it has " + std::to_string(there->size) + " of " + std::to_string(blob.size) + " bytes");
    const auto local = store_->local_path(key);
    if (!local) return place_from_afar(blob, *store_, folder, name, shown, mode);
    place_local(blob, open_file(*local, O_RDONLY | O_NOFOLLOW), folder, name, shown, placement, mode, *verified_);
}

}  // namespace atelier::store
