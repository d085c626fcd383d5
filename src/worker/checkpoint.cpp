#include "worker/checkpoint.h"

#include "base/error.h"
#include "store/manifest.h"

namespace atelier::worker {

namespace fs = std::filesystem;

Checkpoint::Checkpoint(const fs::path& root, const wire::AttemptId& attempt)
    : folder_(root / attempt.job / (std::to_string(attempt.step) + "-" + std::to_string(attempt.task))) {}

bool Checkpoint::prepare(const std::optional<std::string>& stored, store::Blobs& blobs) {
    fs::create_directories(folder_);
    if (!fs::is_empty(folder_)) return true;
    if (!stored) return false;
    const auto content = store::load_manifest(Digest::from_hex(*stored), blobs);
    if (!content) return false;  // without it the task begins anew
    place(*content, folder_, blobs, store::Placement::copy);
    return true;
}

std::optional<std::string> Checkpoint::keep(store::Blobs& blobs) {
    if (fs::is_empty(folder_)) return std::nullopt;
    return blobs.put(store::collect(folder_, blobs).to_json()).digest.hex();
}

void Checkpoint::discard() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace atelier::worker
