#include "worker/checkpoint.h"

#include "base/error.h"
#include "store/manifest.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {
constexpr std::uint64_t largest_manifest = 1u << 30;
}

Checkpoint::Checkpoint(const fs::path& root, const wire::AttemptId& attempt)
    : folder_(root / attempt.job / (std::to_string(attempt.step) + "-" + std::to_string(attempt.task))) {}

bool Checkpoint::prepare(const std::optional<std::string>& stored, store::Blobs& blobs) {
    fs::create_directories(folder_);
    if (!fs::is_empty(folder_)) return true;
    if (!stored) return false;
    const Digest digest = Digest::from_hex(*stored);
    const auto known = blobs.store().head(store::Blobs::key_of(digest));
    if (!known) return false;  // without it the task begins anew
    place(store::Manifest::parse(blobs.get({digest, known->size}, largest_manifest)), folder_, blobs,
          store::Placement::copy);
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
