#include "store/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/log.h"
#include "store/verified.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view blob_folder = "sha256/";

}  // namespace

Blobs::Blobs(std::shared_ptr<Store> store) : store_(std::move(store)), verified_(std::make_shared<Verified>()) {}

std::string Blobs::key_of(const Digest& digest) {
    const std::string hex = digest.hex();
    return std::string(blob_folder) + hex.substr(0, 2) + "/" + hex.substr(2);
}

std::optional<Digest> Blobs::digest_of(std::string_view key) {
    constexpr std::size_t slash = blob_folder.size() + 2;
    if (!key.starts_with(blob_folder) || key.size() <= slash || key[slash] != '/') return std::nullopt;
    try {
        return Digest::from_hex(std::string(key.substr(blob_folder.size(), 2)).append(key.substr(slash + 1)));
    } catch (const Error&) {
        return std::nullopt;
    }
}

BlobRef Blobs::put(std::string_view bytes) {
    const BlobRef blob{sha256(bytes), bytes.size()};
    Arrival arrival{nullptr, key_of(blob.digest)};
    if (!has(blob)) {
        arrival.object = store_->begin();
        arrival.object->write(bytes);
    }
    keep({&arrival, 1}, {&blob, 1});
    return blob;
}

// A blob whose file was cut short (by a broken disk, or by hand) is made whole by whoever puts its content again.
void Blobs::keep(std::span<Arrival> arrivals, std::span<const BlobRef> blobs) {
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        const auto there = arrivals[i].object ? store_->head(arrivals[i].key) : std::nullopt;
        if (!there || there->size == blobs[i].size) continue;
        log::warning("the blob " + blobs[i].digest.hex() + " was damaged and is put anew");
        store_->remove(arrivals[i].key);
    }
    store_->keep(arrivals);
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        if (!arrivals[i].was_new) continue;
        struct stat info {};
        const auto path = store_->local_path(arrivals[i].key);
        if (path && ::stat(path->c_str(), &info) == 0) verified_->remember(blobs[i].digest, info);
    }
}

bool Blobs::has(const BlobRef& blob) {
    const auto there = store_->head(key_of(blob.digest));
    return there && there->size == blob.size;
}

void Blobs::hold(std::span<const BlobRef> blobs) {
    std::vector<Arrival> arrivals;
    for (const BlobRef& blob : blobs)
        arrivals.push_back({nullptr, key_of(blob.digest)});
    if (!arrivals.empty()) store_->keep(arrivals);
}

std::string Blobs::get(const BlobRef& blob, std::uint64_t limit) {
    const std::string name = blob.digest.hex();
    if (blob.size > limit)
        throw Error(Error::Kind::exhausted, "the blob " + name + " is larger than the " + std::to_string(limit) +
                                                " bytes that are allowed here");
    std::string bytes;
    store_->get(key_of(blob.digest), {0, blob.size + 1}, [&](std::string_view piece) { bytes += piece; });
    if (bytes.size() != blob.size || sha256(bytes) != blob.digest)
        throw Error(Error::Kind::internal, "the blob " + name + " is damaged", "run: atelier store check");
    return bytes;
}

void Blobs::place(const BlobRef& blob, const fs::path& target, Placement placement, unsigned mode) {
    const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
    place_at(blob, open_file(folder, O_PATH | O_DIRECTORY), target.filename().string(), target, placement, mode);
}

}  // namespace atelier::store
