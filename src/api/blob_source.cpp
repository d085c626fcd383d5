#include "api/blob_source.h"

#include <fcntl.h>

#include "base/error.h"

namespace atelier::api {

Fd open_blob(store::Blobs& blobs, const store::BlobRef& blob) {
    const auto path = blobs.store().local_path(store::Blobs::key_of(blob.digest));
    if (!path)
        throw Error(Error::Kind::not_found, "the blob " + blob.digest.hex() + " is not in the store",
                    "`atelier store check` looks for what is missing");
    return open_file(*path, O_RDONLY);
}

}  // namespace atelier::api
