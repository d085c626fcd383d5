// For tests alone: the Error that something throws, and a disk that is small.
#pragma once

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>
#include <string>

#include "base/error.h"

namespace atelier::testing_support {

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
