// Files, the careful way: written beside, synced and renamed into place; read whole with a bound; names from outside
// checked before they are joined to a folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace atelier {

// A file descriptor that closes itself.
class Fd {
public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    ~Fd() { reset(); }
    Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) reset(std::exchange(other.number_, -1));
        return *this;
    }
    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    int release() { return std::exchange(number_, -1); }
    void reset(int number = -1);

private:
    int number_ = -1;
};

constexpr std::uint64_t default_read_limit = 64u << 20;

// Opens with O_CLOEXEC; throws Error with the path in it.
Fd open_file(const std::filesystem::path& path, int flags, unsigned mode = 0666);

// The whole file; throws Error::exhausted beyond the limit.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = default_read_limit);

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path_for_errors);

// Written beside, synced, renamed, folder synced: afterwards the new content survives a power cut, before it the old
// one does.
void write_file_durably(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0666);

void sync_folder(const std::filesystem::path& folder);

// What can't be removed stays; fine when there is no such folder.
void empty_folder(const std::filesystem::path& folder);

// A relative path from outside that stays inside its folder: not empty, not absolute, no "", "." or ".." parts, no NUL,
// no backslash. Throws Error::invalid that names it.
void check_relative_path(std::string_view path);

// Opens path below root without ever following a symbolic link that leads out of root (openat2 RESOLVE_BENEATH).
Fd open_beneath(const std::filesystem::path& root, std::string_view relative, int flags, unsigned mode = 0666);

// A new folder with a name of its own below parent, mode 0700.
std::filesystem::path make_private_folder(const std::filesystem::path& parent, std::string_view prefix);

// A private folder below the system's temporary folder that is gone, with all that is in it, at the end of the scope.
class TemporaryFolder {
public:
    explicit TemporaryFolder(std::string_view prefix = "atelier-");
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace atelier
