#include "base/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id.h"

namespace atelier {

namespace fs = std::filesystem;

void Fd::reset(int number) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
}

Fd open_file(const fs::path& path, int flags, unsigned mode) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!fd) throw Error::from_errno("cannot open " + path.string());
    return fd;
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
    const Fd fd = open_file(path, O_RDONLY);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) throw Error::from_errno("cannot read " + path.string());
    if (S_ISDIR(info.st_mode)) throw Error(Error::Kind::invalid, path.string() + " is a folder, not a file");
    std::string bytes(std::min<std::uint64_t>(static_cast<std::uint64_t>(info.st_size), limit) + 1, '\0');
    std::size_t used = 0;
    for (;;) {
        const ssize_t count = ::read(fd.get(), bytes.data() + used, bytes.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + path.string());
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
        if (used > limit)
            throw Error(Error::Kind::exhausted, path.string() + " is larger than the " + std::to_string(limit) +
                                                    " bytes that are allowed here");
        if (used == bytes.size()) bytes.resize(std::min<std::uint64_t>(bytes.size() * 2, limit + 1));
    }
    bytes.resize(used);
    return bytes;
}

void write_all(int fd, std::string_view bytes, const fs::path& path_for_errors) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot write " + path_for_errors.string());
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void write_file_durably(const fs::path& path, std::string_view bytes, unsigned mode) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const fs::path beside = folder / ("." + path.filename().string() + "." + random_id(8) + ".tmp");
    try {
        Fd fd = open_file(beside, O_WRONLY | O_CREAT | O_EXCL, mode);
        write_all(fd.get(), bytes, path);
        if (::fsync(fd.get()) != 0) throw Error::from_errno("cannot sync " + path.string());
        fd.reset();
        if (::rename(beside.c_str(), path.c_str()) != 0) throw Error::from_errno("cannot write " + path.string());
    } catch (...) {
        ::unlink(beside.c_str());
        throw;
    }
    sync_folder(folder);
}

void sync_folder(const fs::path& folder) {
    const Fd fd = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (::fsync(fd.get()) != 0) throw Error::from_errno("cannot sync " + folder.string());
}

void empty_folder(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& left : fs::directory_iterator(folder, ignored))
        fs::remove_all(left.path(), ignored);
}

void check_relative_path(std::string_view path) {
    const auto refuse = [&](const char* why) {
        throw Error(Error::Kind::invalid, "the path \"" + std::string(path.substr(0, 200)) + "\" is refused: " + why);
    };
    if (path.empty()) refuse("it is empty");
    if (path.front() == '/') refuse("it is absolute");
    if (path.find('\0') != std::string_view::npos) refuse("it holds a NUL");
    if (path.find('\\') != std::string_view::npos) refuse("it holds a backslash");
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = path.substr(begin, end - begin);
        if (part.empty()) refuse("it has an empty part");
        if (part == ".") refuse("it has a part \".\"");
        if (part == "..") refuse("it leads out of its folder");
        begin = end + 1;
    }
}

Fd open_beneath(const fs::path& root, std::string_view relative, int flags, unsigned mode) {
    check_relative_path(relative);
    const Fd folder = open_file(root, O_PATH | O_DIRECTORY);
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const std::string name(relative);
    Fd fd(static_cast<int>(::syscall(SYS_openat2, folder.get(), name.c_str(), &how, sizeof how)));
    if (!fd && errno == EXDEV)
        throw Error(Error::Kind::invalid, "the path \"" + name + "\" is refused: a link leads out of its folder");
    if (!fd) throw Error::from_errno("cannot open " + (root / name).string());
    return fd;
}

fs::path make_private_folder(const fs::path& parent, std::string_view prefix) {
    const fs::path folder = parent / (std::string(prefix) + random_id(10));
    if (::mkdir(folder.c_str(), 0700) != 0) throw Error::from_errno("cannot make the folder " + folder.string());
    return folder;
}

TemporaryFolder::TemporaryFolder(std::string_view prefix)
    : path_(make_private_folder(fs::temp_directory_path(), prefix)) {}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace atelier
