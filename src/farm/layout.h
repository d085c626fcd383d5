// The data folder: where the farm of one machine keeps what it has.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "store/blobs.h"

namespace atelier::farm {

struct Layout {
    std::filesystem::path root;

    std::filesystem::path database() const { return root / "atelier.db"; }
    std::filesystem::path lock() const { return root / "owner.lock"; }
    std::filesystem::path store() const { return root / "store"; }
    std::filesystem::path hashes() const { return root / "hashes.db"; }  // a cache
    std::filesystem::path logs() const { return root / "logs"; }
    std::filesystem::path sessions() const { return root / "sessions"; }
    std::filesystem::path checkpoints() const { return root / "checkpoints"; }

    // Names the database when it isn't the one in here: a farm on PostgreSQL. Whoever took this folder for a farm of
    // its own would take the blobs of that one for garbage.
    std::filesystem::path elsewhere() const { return root / "database"; }
    void tell_elsewhere(const std::string& url) const;
    void require_here() const;  // throws Error::conflict

    void create() const;  // the folders, mode 0700; throws Error
    std::shared_ptr<store::Blobs> open_blobs() const;

    // A backup holds all blobs; who removes some takes them for itself meanwhile, and gets nothing while one is made.
    Fd hold_blobs() const;
    Fd take_blobs() const;
};

}  // namespace atelier::farm
