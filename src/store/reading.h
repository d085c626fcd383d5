// Reading open files for the store: what they are, and all of their content in pieces. For the store's own sources.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/files.h"

namespace atelier::store {

constexpr std::size_t piece_size = 256u << 10;  // stays in the cache of a core between being read, hashed and written

// name: of the file, for errors.
inline struct stat status_of(const Fd& file, const std::string& name) {
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) throw Error::from_errno("cannot read " + name);
    return info;
}

inline void require_file(mode_t mode, const std::string& name) {
    if (S_ISREG(mode)) return;
    const char* what = S_ISDIR(mode)    ? "a folder"
                       : S_ISFIFO(mode) ? "a named pipe"
                       : S_ISSOCK(mode) ? "a socket"
                       : S_ISLNK(mode)  ? "a symbolic link"
                                        : "a device";
    throw Error(Error::Kind::invalid, name + " is " + what + ", not a file");
}

// Calls each(piece) for all of the file, from its beginning; the pieces lie in `buffer`.
template <class Each>
void read_pieces(const Fd& file, const std::string& name, std::string& buffer, const Each& each) {
    for (off_t offset = 0;;) {
        const ssize_t count = ::pread(file.get(), buffer.data(), buffer.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + name);
        if (count == 0) return;
        each(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
        offset += count;
    }
}

}  // namespace atelier::store
