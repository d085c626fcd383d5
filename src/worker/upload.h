// Blobs of this machine on their way to the server's store: only those that it lacks, the small ones in one request
// each, the large ones in parts that go on where a broken connection has left them.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "http/client.h"
#include "store/blobs.h"

namespace atelier::worker {

// Where on this machine a file with this content lies; nothing when there is none.
using FileOf = std::function<std::optional<std::filesystem::path>(const Digest&)>;

// Tries again until it has succeeded or `gives_up`: then it throws Error::unavailable. Error::not_found for a blob that
// isn't here. `waits`: called once, before it waits for the first time.
void upload(http::Client& client, const FileOf& file_of, std::span<const store::BlobRef> blobs,
            const std::function<bool()>& gives_up, const std::function<void()>& waits = {});

}  // namespace atelier::worker
