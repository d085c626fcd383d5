// The content of a blob in pieces, for answers and archives.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"
#include "store/blobs.h"

namespace atelier::api {

// Opens the blob's file. Throws Error::not_found when the blob isn't in the store.
Fd open_blob(store::Blobs& blobs, const store::BlobRef& blob);

// Gives an open file piece by piece, empty at the end.
std::function<std::string_view()> pieces_of(std::shared_ptr<Fd> file);

}  // namespace atelier::api
