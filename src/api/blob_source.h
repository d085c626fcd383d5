// The content of a blob, for answers and archives.
#pragma once

#include "base/files.h"
#include "store/blobs.h"

namespace atelier::api {

// Opens the blob's file. Throws Error::not_found when the blob isn't in the store.
Fd open_blob(store::Blobs& blobs, const store::BlobRef& blob);

}  // namespace atelier::api
