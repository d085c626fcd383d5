// Files on their way into the store: read once, hashed and written from the same buffer, by a few threads.
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "store/blobs.h"
#include "store/reading.h"

namespace atelier::store {

namespace fs = std::filesystem;

namespace {

// What is synced together: enough small files to share the cost of a sync, not so much that open files or unsynced
// bytes pile up.
constexpr std::size_t most_together = 128;
constexpr std::uint64_t most_bytes_together = 64u << 20;

bool same_state(const struct stat& a, const struct stat& b) {
    return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// One thread's share of the work.
class Intake {
public:
    explicit Intake(Store& store) : store_(store), buffer_(piece_size, '\0') {}

    BlobRef take(const Fd& file, const std::string& name) {
        const struct stat before = status_of(file, name);
        require_file(before.st_mode, name);
        Arrival arrival{store_.begin(), {}};
        Sha256 hash;
        std::uint64_t size = 0;
        const Fd clone = arrival.object->clone(file.get());
        read_pieces(clone ? clone : file, name, buffer_, [&](std::string_view piece) {
            hash.update(piece);
            size += piece.size();
            if (!clone) arrival.object->write(piece);
        });
        if (!same_state(before, status_of(file, name)) || size != static_cast<std::uint64_t>(before.st_size))
            throw Error(Error::Kind::conflict, name + " changed while it was being stored",
                        "try again when no program writes to it");
        const BlobRef blob{hash.finish(), size};
        arrival.key = Blobs::key_of(blob.digest);
        arrivals.push_back(std::move(arrival));
        blobs.push_back(blob);
        bytes_ += size;
        return blob;
    }

    bool is_full() const { return arrivals.size() >= most_together || bytes_ >= most_bytes_together; }

    void clear() {
        arrivals.clear();
        blobs.clear();
        bytes_ = 0;
    }

    std::vector<Arrival> arrivals;
    std::vector<BlobRef> blobs;

private:
    Store& store_;
    std::string buffer_;
    std::uint64_t bytes_ = 0;
};

}  // namespace

std::vector<BlobRef> Blobs::put_many(std::size_t count, const Opener& open, const Namer& name, unsigned threads) {
    std::vector<BlobRef> blobs(count);
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr problem;
    const auto work = [&] {
        try {
            Intake intake(*store_);
            for (std::size_t i = next++; i < count; i = next++) {
                blobs[i] = intake.take(open(i), name(i));
                if (!intake.is_full()) continue;
                keep(intake.arrivals, intake.blobs);
                intake.clear();
            }
            if (!intake.arrivals.empty()) keep(intake.arrivals, intake.blobs);
        } catch (...) {
            next = count;  // the others stop as well
            const std::lock_guard lock(mutex);
            if (!problem) problem = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < std::min<std::size_t>(threads, count); ++i)
            helpers.emplace_back(work);
        work();
    }
    if (problem) std::rethrow_exception(problem);
    return blobs;
}

// O_NONBLOCK: to open a named pipe must not wait for its other end.
std::vector<BlobRef> Blobs::put_files(std::span<const fs::path> files, unsigned threads) {
    return put_many(
        files.size(), [&](std::size_t i) { return open_file(files[i], O_RDONLY | O_NONBLOCK); },
        [&](std::size_t i) { return files[i].string(); }, threads);
}

std::vector<BlobRef> Blobs::put_files_beneath(const fs::path& root, std::span<const std::string> files,
                                              unsigned threads) {
    return put_many(
        files.size(), [&](std::size_t i) { return open_beneath(root, files[i], O_RDONLY | O_NONBLOCK | O_NOFOLLOW); },
        [&](std::size_t i) { return (root / files[i]).string(); }, threads);
}

BlobRef Blobs::put_file(const fs::path& file) { return put_files({&file, 1}, 1).front(); }

}  // namespace atelier::store
