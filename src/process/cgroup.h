// A control group (version 2) for a keeper and all below it, where this program may make one: then a single write kills
// whatever was forked, however fast it forks. Where it may not, the keeper's own search for descendants has to do.
#pragma once

#include <filesystem>
#include <optional>

#include "base/files.h"

namespace atelier::process {

class Cgroup {
public:
    static std::optional<Cgroup> make();  // below the program's own group; nothing where that is not possible
    ~Cgroup();                            // kills what is left in it and removes it
    Cgroup(Cgroup&& other) noexcept;
    Cgroup& operator=(Cgroup&&) = delete;

    int folder() const {
        return folder_.get();
    }  // for CLONE_INTO_CGROUP: to be moved would cost 20 ms, to be born in it nothing

private:
    Cgroup(std::filesystem::path path, Fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}

    std::filesystem::path path_;
    Fd folder_;
};

}  // namespace atelier::process
