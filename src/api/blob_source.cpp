#include "api/blob_source.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace atelier::api {

namespace {
constexpr std::size_t piece_size = 256u << 10;
}

Fd open_blob(store::Blobs& blobs, const store::BlobRef& blob) {
    const auto path = blobs.store().local_path(store::Blobs::key_of(blob.digest));
    if (!path)
        throw Error(Error::Kind::not_found, "the blob " + blob.digest.hex() + " is not in the store",
                    "`atelier store check` looks for what is missing");
    return open_file(*path, O_RDONLY);
}

std::function<std::string_view()> pieces_of(std::shared_ptr<Fd> file) {
    return [file = std::move(file), buffer = std::string(), offset = off_t{0}]() mutable -> std::string_view {
        buffer.resize(piece_size);
        ssize_t count = 0;
        do
            count = ::pread(file->get(), buffer.data(), buffer.size(), offset);
        while (count < 0 && errno == EINTR);
        if (count < 0) throw Error::from_errno("cannot read a blob");
        offset += count;
        return {buffer.data(), static_cast<std::size_t>(count)};
    };
}

}  // namespace atelier::api
