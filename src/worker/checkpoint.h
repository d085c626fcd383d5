// A task's checkpoint folder: it stays on this machine until the task is done, survives a kill of everything, and goes
// into the store with an unfinished attempt, so that the next one finds it wherever it runs.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "store/blobs.h"
#include "wire/exchange.h"
#include "worker/transfer.h"

namespace atelier::worker {

class Checkpoint {
public:
    Checkpoint(const std::filesystem::path& root, const wire::AttemptId& attempt);

    const std::filesystem::path& folder() const { return folder_; }

    // True when there is something to go on from. What lies here already is newer than what is in the store.
    bool prepare(const std::optional<std::string>& stored, store::Blobs& blobs, Transfer::Use& use);
    // Brings it to the farm's store: the manifest's digest; nothing when the folder is empty.
    std::optional<std::string> keep(store::Blobs& blobs, Transfer::Use& use);
    void discard();

private:
    std::filesystem::path folder_;
};

}  // namespace atelier::worker
