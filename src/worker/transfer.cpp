#include "worker/transfer.h"

namespace atelier::worker {

std::vector<store::BlobRef> blobs_of(const store::Manifest& manifest) {
    std::vector<store::BlobRef> blobs;
    for (const store::Entry& entry : manifest.entries)
        if (entry.kind == store::Entry::Kind::file) blobs.push_back(entry.blob);
    return blobs;
}

}  // namespace atelier::worker
