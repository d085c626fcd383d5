// Blobs of this machine on their way to the server's store: only those that it lacks, the small ones in one request
// each, the large ones in parts that go on where a broken connection has left them.
#pragma once

#include <functional>
#include <span>

#include "http/client.h"
#include "store/blobs.h"

namespace atelier::worker {

// Tries again until it has succeeded or `gives_up`: then it throws Error::unavailable. Error::not_found for a blob that
// isn't here.
void upload(http::Client& client, store::Store& from, std::span<const store::BlobRef> blobs,
            const std::function<bool()>& gives_up);

}  // namespace atelier::worker
