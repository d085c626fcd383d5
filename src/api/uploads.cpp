#include "api/uploads.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/id.h"
#include "http/parser.h"

namespace atelier::api {

namespace {

constexpr double seconds_kept = 24 * 3600;     // without a byte; then whoever sent it has given up
constexpr std::size_t most_of_one_user = 200;  // unfinished ones at a time: each holds a file open

// An owner is USER/TOKEN: a user with many tokens has no more than another.
std::string_view user_of(std::string_view owner) { return owner.substr(0, owner.find('/')); }

}  // namespace

struct Uploads::Turn::Upload {
    std::string id;
    std::string owner;
    store::BlobRef expected;
    std::unique_ptr<store::Incoming> object;
    Sha256 hash;
    std::uint64_t offset = 0;
    bool taken = false;
    Steady touched{};
};

Uploads::Uploads(std::shared_ptr<store::Blobs> blobs, const Clock& clock) : blobs_(std::move(blobs)), clock_(clock) {}

std::shared_ptr<Uploads::Turn::Upload> Uploads::make(const store::BlobRef& expected) {
    auto upload = std::make_shared<Turn::Upload>();
    upload->id = random_id(attempt_id_length);
    upload->expected = expected;
    upload->object = blobs_->store().begin();
    upload->touched = clock_.steady();
    return upload;
}

Uploads::Turn Uploads::once(const store::BlobRef& expected) { return Turn(*this, make(expected)); }

std::string Uploads::begin(const store::BlobRef& expected, const std::string& owner) {
    const auto upload = make(expected);
    upload->owner = owner;
    const std::lock_guard lock(mutex_);
    forget_old();
    const auto own = std::count_if(uploads_.begin(), uploads_.end(),
                                   [&](const auto& item) { return user_of(item.second->owner) == user_of(owner); });
    if (static_cast<std::size_t>(own) >= most_of_one_user)
        throw http::Refusal(429, fmt::format("{} uploads are unfinished already", own),
                            "finish those first, or wait a day");
    uploads_.emplace(upload->id, upload);
    return upload->id;
}

std::shared_ptr<Uploads::Turn::Upload> Uploads::find(const std::string& id, const std::string& owner) {
    const auto found = uploads_.find(id);
    if (found == uploads_.end() || found->second->owner != owner)
        throw Error(Error::Kind::not_found, "there is no such upload", "begin it anew");
    return found->second;
}

std::uint64_t Uploads::offset(const std::string& id, const std::string& owner) {
    const std::lock_guard lock(mutex_);
    return find(id, owner)->offset;
}

Uploads::Turn Uploads::resume(const std::string& id, const std::string& owner, std::uint64_t offset) {
    const std::lock_guard lock(mutex_);
    const auto upload = find(id, owner);
    if (upload->taken)
        throw Error(Error::Kind::conflict, "another request is sending this upload", "wait until it has ended");
    if (upload->offset != offset)
        throw Error(Error::Kind::conflict, fmt::format("the upload stands at {}, not at {}", upload->offset, offset),
                    "ask for its offset, and go on there", "offset");
    upload->taken = true;
    upload->touched = clock_.steady();
    return Turn(*this, upload);
}

// One whose request broke off a moment ago may still hold its turn: those are never forgotten.
void Uploads::forget_old() {
    std::erase_if(uploads_, [&](const auto& item) {
        return !item.second->taken && seconds_between(item.second->touched, clock_.steady()) > seconds_kept;
    });
}

Uploads::Turn::Turn(Uploads& uploads, std::shared_ptr<Upload> upload) : uploads_(uploads), upload_(std::move(upload)) {}

Uploads::Turn::~Turn() {
    const std::lock_guard lock(uploads_.mutex_);
    upload_->taken = false;
    upload_->touched = uploads_.clock_.steady();
}

std::uint64_t Uploads::Turn::offset() const { return upload_->offset; }
bool Uploads::Turn::complete() const { return upload_->offset == upload_->expected.size; }

void Uploads::Turn::write(std::string_view piece) {
    if (piece.size() > upload_->expected.size - upload_->offset)
        throw Error(Error::Kind::invalid,
                    fmt::format("the blob was announced with {} bytes, and there are more", upload_->expected.size));
    try {
        upload_->object->write(piece);
    } catch (...) {  // a part of it may have been written: what came after would stand in the wrong place
        forget();
        throw;
    }
    upload_->hash.update(piece);
    const std::lock_guard lock(uploads_.mutex_);
    upload_->offset += piece.size();
}

void Uploads::Turn::forget() {
    const std::lock_guard lock(uploads_.mutex_);
    uploads_.uploads_.erase(upload_->id);
}

void Uploads::Turn::keep() {
    forget();
    const Digest digest = upload_->hash.finish();
    if (digest != upload_->expected.digest)
        throw Error(Error::Kind::invalid, "the content is not what was announced: its SHA-256 is " + digest.hex(),
                    "it changed while it was sent, or was damaged on its way; send it again", "digest");
    store::Arrival arrival{std::move(upload_->object), store::Blobs::key_of(digest)};
    uploads_.blobs_->store().keep({&arrival, 1});
}

}  // namespace atelier::api
