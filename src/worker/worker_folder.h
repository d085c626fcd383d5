// The folder of one remote worker: who it is, its cache, its sessions and what couldn't be delivered yet. It belongs to
// one process at a time.
#pragma once

#include <filesystem>
#include <string>

#include "base/files.h"

namespace atelier::worker {

class WorkerFolder {
public:
    // Made when it isn't there; what a killed process left of its sessions is removed. Throws Error::conflict when
    // another process has it.
    explicit WorkerFolder(const std::filesystem::path& root);

    const std::string& id() const { return id_; }  // drawn once, the same for ever
    std::filesystem::path cache() const { return root_ / "cache"; }
    std::filesystem::path sessions() const { return root_ / "sessions"; }
    std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
    std::filesystem::path spool() const { return root_ / "spool"; }

private:
    std::string known_id();

    const std::filesystem::path root_;
    Fd lock_;
    std::string id_;
};

}  // namespace atelier::worker
