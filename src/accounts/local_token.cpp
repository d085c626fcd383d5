#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accounts/accounts.h"
#include "accounts/secrets.h"
#include "base/error.h"
#include "base/files.h"
#include "base/id.h"
#include "base/text.h"

namespace atelier::accounts {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_bytes = 4096;
constexpr unsigned owner_alone = 0600;

// Written beside and linked into place: nobody ever reads half of it, and of two that make it at once one wins.
void make_token(const fs::path& path) {
    const fs::path beside = path.parent_path() / (".token." + random_id(8) + ".tmp");
    try {
        const Fd fd = open_file(beside, O_WRONLY | O_CREAT | O_EXCL, owner_alone);
        write_all(fd.get(), new_token_secret() + "\n", path);
        if (::fsync(fd.get()) != 0) throw Error::from_errno("cannot sync " + path.string());
        if (::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST)
            throw Error::from_errno("cannot write " + path.string());
    } catch (...) {
        ::unlink(beside.c_str());
        throw;
    }
    ::unlink(beside.c_str());
    sync_folder(path.parent_path());
}

void check_that_it_is_ours(int fd, const fs::path& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) throw Error::from_errno("cannot read " + path.string());
    if (!S_ISREG(info.st_mode)) throw Error(Error::Kind::denied, path.string() + " is not a file");
    if (info.st_uid != ::geteuid() && info.st_uid != 0)
        throw Error(Error::Kind::denied, path.string() + " belongs to somebody else");
    if ((info.st_mode & 077) != 0)
        throw Error(Error::Kind::denied, "others than its owner can read or change " + path.string(),
                    "remove it, so that a new token is made, or `chmod 600` it when nobody has looked");
}

}  // namespace

std::string local_token(const fs::path& data_folder) {
    const fs::path path = data_folder / "token";
    std::error_code problem;
    if (!fs::exists(fs::symlink_status(path, problem))) make_token(path);
    const Fd fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    check_that_it_is_ours(fd.get(), path);
    const std::string bytes = read_file("/proc/self/fd/" + std::to_string(fd.get()), most_bytes);
    const std::string_view secret = trim(bytes);
    if (!looks_like_token(secret))
        throw Error(Error::Kind::internal, path.string() + " doesn't hold a token", "remove it, and a new one is made");
    return std::string(secret);
}

}  // namespace atelier::accounts
