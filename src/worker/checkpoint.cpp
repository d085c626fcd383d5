#include "worker/checkpoint.h"

#include "base/error.h"
#include "store/manifest.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

// Nothing when the store has lost it.
std::optional<store::Manifest> fetch(const Digest& digest, store::Blobs& blobs, Transfer::Use& use) {
    try {
        use.fetch_manifest(digest);
        auto manifest = store::load_manifest(digest, blobs);
        if (manifest) use.fetch(blobs_of(*manifest));
        return manifest;
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::not_found) throw;
        return std::nullopt;
    }
}

}  // namespace

Checkpoint::Checkpoint(const fs::path& root, const wire::AttemptId& attempt)
    : folder_(root / attempt.job / (std::to_string(attempt.step) + "-" + std::to_string(attempt.task))) {}

bool Checkpoint::prepare(const std::optional<std::string>& stored, store::Blobs& blobs, Transfer::Use& use) {
    fs::create_directories(folder_);
    if (!fs::is_empty(folder_)) return true;
    if (!stored) return false;
    const auto content = fetch(Digest::from_hex(*stored), blobs, use);
    if (!content) return false;  // without it the task begins anew
    place(*content, folder_, blobs, store::Placement::copy);
    return true;
}

std::optional<std::string> Checkpoint::keep(store::Blobs& blobs, Transfer::Use& use) {
    if (fs::is_empty(folder_)) return std::nullopt;
    const store::Manifest manifest = store::collect(folder_, blobs);
    const store::BlobRef kept = blobs.put(manifest.to_json());
    std::vector<store::BlobRef> all = blobs_of(manifest);
    all.push_back(kept);
    use.deliver(all);
    return kept.digest.hex();
}

void Checkpoint::discard() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace atelier::worker
