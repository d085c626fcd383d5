#include "worker/remote_store.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "worker/backoff.h"
#include "worker/upload.h"

namespace atelier::worker {

namespace {

FileOf files_in(Cache& cache) {
    return [&cache](const Digest& digest) { return cache.local_path(store::Blobs::key_of(digest)); };
}

constexpr int most_tries_of_damaged = 3;
constexpr int partial_content = 206;
constexpr std::size_t most_errands = 16;  // an older preview is worth nothing once there are newer ones
constexpr std::chrono::seconds time_for_errand{10};

}  // namespace

// One blob on its way into the cache. It has no key before all of it is here and is what its digest says.
class RemoteStore::Download {
public:
    Download(http::Client& client, Cache& cache, const Digest& digest, std::optional<std::uint64_t> size,
             const GivesUp& gives_up)
        : client_(client), cache_(cache), digest_(digest), size_(size), gives_up_(gives_up) {
        begin_anew();
    }

    void run() {
        for (int tries = 0; tries < most_tries_of_damaged; ++tries) {
            patiently(gives_up_, [&] { fetch_rest(); });
            if (hash_.finish() == digest_ && offset_ == size_.value_or(offset_)) return keep();
            log::warning("the blob " + digest_.hex() + " came damaged from the server and is fetched again");
            begin_anew();
        }
        throw Error(Error::Kind::internal, "the blob " + digest_.hex() + " comes damaged from the server",
                    "run on the server: atelier store check");
    }

private:
    void begin_anew() {
        object_ = cache_.begin();
        hash_ = Sha256();
        offset_ = 0;
    }

    void fetch_rest() {
        if (offset_ > 0 && !size_) begin_anew();  // whether there is more can't be known
        if (offset_ > 0 && offset_ >= *size_) return;
        http::Ask ask;
        ask.path = "/api/v1/blobs/" + digest_.hex();
        const std::uint64_t from = offset_;
        if (from > 0) ask.headers.emplace_back("Range", fmt::format("bytes={}-", from));
        ask.sink = [this](std::string_view piece) { take(piece); };
        const http::Answer answer = client_.send(ask);
        if (from > 0 && answer.status != partial_content)
            throw Error(Error::Kind::internal, "the server can't send a part of a blob");
    }

    void take(std::string_view piece) {
        if (gives_up_()) throw Error(Error::Kind::unavailable, "the download was given up");
        if (size_ && offset_ + piece.size() > *size_)
            throw Error(Error::Kind::internal, "the blob " + digest_.hex() + " is larger than it should be");
        object_->write(piece);
        hash_.update(piece);
        offset_ += piece.size();
    }

    void keep() {
        store::Arrival arrival{std::move(object_), store::Blobs::key_of(digest_)};
        cache_.keep({&arrival, 1});
    }

    http::Client& client_;
    Cache& cache_;
    const Digest digest_;
    std::optional<std::uint64_t> size_;
    const GivesUp& gives_up_;
    std::unique_ptr<store::Incoming> object_;
    Sha256 hash_;
    std::uint64_t offset_ = 0;
};

class RemoteStore::SessionUse final : public Transfer::Use {
public:
    SessionUse(RemoteStore& store, GivesUp gives_up)
        : store_(store), gives_up_(std::move(gives_up)), use_(*store.cache_) {}

    void fetch(std::span<const store::BlobRef> blobs) override {
        for (const store::BlobRef& blob : blobs)
            store_.fetch(blob.digest, blob.size, gives_up_);
    }
    void fetch_manifest(const Digest& digest) override { store_.fetch(digest, std::nullopt, gives_up_); }
    void deliver(std::span<const store::BlobRef> blobs, const std::function<void()>& waits) override {
        if (!blobs.empty()) upload(*store_.client_, files_in(*store_.cache_), blobs, gives_up_, waits);
    }
    void hold(std::span<const store::BlobRef> blobs) override {
        for (const store::BlobRef& blob : blobs)
            store_.cache_->touch(store::Blobs::key_of(blob.digest));
    }

private:
    RemoteStore& store_;
    const GivesUp gives_up_;
    const Cache::Use use_;
};

RemoteStore::RemoteStore(std::shared_ptr<http::Client> client, std::shared_ptr<Cache> cache)
    : client_(std::move(client)), cache_(std::move(cache)) {
    thread_ = std::thread([this] { errands(); });
}

RemoteStore::~RemoteStore() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

std::unique_ptr<Transfer::Use> RemoteStore::use(GivesUp gives_up) {
    return std::make_unique<SessionUse>(*this, std::move(gives_up));
}

// What two sessions want at once is fetched by the first; when that one gives up, the other goes on.
void RemoteStore::fetch(const Digest& digest, std::optional<std::uint64_t> size, const GivesUp& gives_up) {
    constexpr std::chrono::milliseconds between_looks{50};
    {
        std::unique_lock lock(mutex_);
        while (fetching_.contains(digest)) {
            if (gives_up()) throw Error(Error::Kind::unavailable, "the download was given up");
            changed_.wait_for(lock, between_looks);
        }
        fetching_.insert(digest);
    }
    const std::shared_ptr<void> done(nullptr, [&](void*) {
        const std::lock_guard lock(mutex_);
        fetching_.erase(digest);
        changed_.notify_all();
    });
    if (is_here_and_whole(digest, size)) return;
    Download(*client_, *cache_, digest, size, gives_up).run();
    const std::lock_guard lock(mutex_);
    verified_.insert(digest);
}

// What a former process left may have been damaged since; it is read once.
bool RemoteStore::is_here_and_whole(const Digest& digest, std::optional<std::uint64_t> size) {
    const std::string key = store::Blobs::key_of(digest);
    if (!cache_->touch(key)) return false;
    {
        const std::lock_guard lock(mutex_);
        const auto info = cache_->head(key);
        if (verified_.contains(digest) && info && info->size == size.value_or(info->size)) return true;
    }
    Sha256 hash;
    cache_->get(key, {}, [&](std::string_view piece) { hash.update(piece); });
    if (hash.finish() != digest) {
        log::warning("the blob " + digest.hex() + " was damaged in the cache and is fetched again");
        cache_->remove(key);
        return false;
    }
    const std::lock_guard lock(mutex_);
    verified_.insert(digest);
    return true;
}

void RemoteStore::deliver_later(const store::BlobRef& blob, std::function<void()> delivered) {
    const std::lock_guard lock(mutex_);
    if (errands_.size() >= most_errands) errands_.pop_front();
    errands_.push_back({blob, std::move(delivered)});
    changed_.notify_all();
}

void RemoteStore::errands() {
    for (;;) {
        Errand errand;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return stopping_ || !errands_.empty(); });
            if (stopping_) return;
            errand = std::move(errands_.front());
            errands_.pop_front();
        }
        const Steady until = system_clock().steady() + time_for_errand;
        const auto gives_up = [&] {
            const std::lock_guard lock(mutex_);
            return stopping_ || system_clock().steady() >= until;
        };
        try {
            upload(*client_, files_in(*cache_), {&errand.blob, 1}, gives_up);
            errand.delivered();
        } catch (const Error& error) {
            log::debug(error.what());
        }
    }
}

}  // namespace atelier::worker
