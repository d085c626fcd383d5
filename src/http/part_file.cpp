#include "http/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace atelier::http {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t most_version_bytes = 16u << 10;

bool is_same_file(const Fd& open, const fs::path& path) {
    struct stat here {
    }, there{};
    return ::fstat(open.get(), &here) == 0 && ::lstat(path.c_str(), &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

}  // namespace

// An address may hold a secret: only its digest is written down.
PartFile::PartFile(const fs::path& file, const std::string& url) : file_(file), url_(sha256(url).hex()) {
    part_ = file_;
    part_ += ".part";
    open();
    load(url_);
}

PartFile::~PartFile() {
    if (!is_over_ && (size_ == 0 || validator().empty())) discard();
}

fs::path PartFile::version_path() const {
    fs::path path = part_;
    path += ".version";
    return path;
}

// Who held the lock before may have renamed the file meanwhile.
void PartFile::open() {
    do {
        open_ = open_file(part_, O_RDWR | O_CREAT | O_NOFOLLOW);
        if (::flock(open_.get(), LOCK_EX | LOCK_NB) != 0)
            throw Error(Error::Kind::conflict, "Another process is fetching " + file_.string() + ".");
    } while (!is_same_file(open_, part_));
}

void PartFile::load(const std::string& url) {
    struct stat info {};
    if (::fstat(open_.get(), &info) != 0) throw Error::from_errno("cannot read " + part_.string());
    if (info.st_size == 0) return;
    std::string text;
    try {
        text = read_file(version_path(), most_version_bytes);
    } catch (const Error&) {
        return truncate();  // whose part this is, nobody knows
    }
    const auto lines = split(text, '\n');
    if (lines.size() != 4 || lines[0] != url) return truncate();
    version_ = {std::string(lines[1]), std::string(lines[2])};
    if (validator().empty()) return truncate();
    size_ = static_cast<std::uint64_t>(info.st_size);
    if (::lseek(open_.get(), 0, SEEK_END) < 0) throw Error::from_errno("cannot read " + part_.string());
}

std::string PartFile::validator() const {
    if (!version_.etag.empty()) return version_.etag.starts_with("W/") ? "" : version_.etag;
    return version_.last_modified;
}

void PartFile::begin(const Version& version) {
    truncate();
    version_ = version;
    const std::string text = url_ + '\n' + version.etag + '\n' + version.last_modified + '\n';
    const Fd file = open_file(version_path(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    write_all(file.get(), text, version_path());
}

void PartFile::truncate() {
    if (::ftruncate(open_.get(), 0) != 0 || ::lseek(open_.get(), 0, SEEK_SET) < 0)
        throw Error::from_errno("cannot write " + part_.string());
    size_ = 0;
    version_ = {};
}

void PartFile::write(std::string_view piece) {
    write_all(open_.get(), piece, part_);
    size_ += piece.size();
}

void PartFile::finish() {
    if (::fsync(open_.get()) != 0) throw Error::from_errno("cannot write " + part_.string());
    if (::rename(part_.c_str(), file_.c_str()) != 0) throw Error::from_errno("cannot write " + file_.string());
    is_over_ = true;
    ::unlink(version_path().c_str());
    sync_folder(file_.has_parent_path() ? file_.parent_path() : ".");
}

void PartFile::discard() {
    is_over_ = true;
    ::unlink(version_path().c_str());
    ::unlink(part_.c_str());
}

}  // namespace atelier::http
