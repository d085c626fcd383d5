// For tests alone: the Error that something throws, what a test can't do without, and a disk that is small.
#pragma once

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.h"

// What a test can't do without. In continuous integration, where CI is set, its absence is a failure, elsewhere a skip.
#define ATELIER_NEED(condition, reason)                     \
    if (!(condition)) {                                     \
        if (std::getenv("CI") != nullptr) FAIL() << reason; \
        GTEST_SKIP() << reason;                             \
    }
#define ATELIER_NEED_DATA(path) ATELIER_NEED(std::filesystem::exists(path), (path) << " is missing")
#define ATELIER_NEED_PROGRAM(name) \
    ATELIER_NEED(::atelier::testing_support::has_program(name), (name) << " is not installed")

namespace atelier::testing_support {

inline bool has_program(const std::string& name) {
    return std::system(("command -v " + name + " > /dev/null").c_str()) == 0;
}

// Where the public vectors and samples lie, which are not part of the project.
inline std::filesystem::path shared_data() {
    if (const char* folder = std::getenv("ATELIER_SHARED_DATA")) return folder;
    const char* source = std::getenv("ATELIER_SOURCE_DIR");
    return std::filesystem::path(source != nullptr ? source : ".") / "../shared/data";
}

template <class Action>
Error error_of(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no Error was thrown";
    return {Error::Kind::internal, "none"};
}

// A file system of its own in memory, for as long as the scope lasts. Only root may have one: ask whether it is
// mounted.
class SmallDisk {
public:
    explicit SmallDisk(const std::filesystem::path& folder, const char* size = "size=2m") : folder_(folder) {
        std::filesystem::create_directory(folder_);
        mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size) == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool mounted() const { return mounted_; }
    bool make_read_only() { return ::mount(nullptr, folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0; }

private:
    std::filesystem::path folder_;
    bool mounted_ = false;
};

}  // namespace atelier::testing_support
