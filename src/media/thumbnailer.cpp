#include "media/thumbnailer.h"

#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"

namespace atelier::media {

namespace fs = std::filesystem;

namespace {

constexpr int niceness = 10;

bool is_up_to_date(const fs::path& frame, const fs::path& thumbnail) {
    std::error_code none;
    const auto made = fs::last_write_time(thumbnail, none);
    return !none && made >= fs::last_write_time(frame);
}

}  // namespace

fs::path thumbnail_of(const fs::path& frame, const fs::path& folder) {
    return folder / frame.filename().replace_extension(".jpg");
}

void update_thumbnail(const fs::path& frame, const fs::path& folder, const ThumbnailOptions& options) {
    const fs::path thumbnail = thumbnail_of(frame, folder);
    if (is_up_to_date(frame, thumbnail)) return;
    try {
        make_thumbnail(frame, thumbnail, options);
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::invalid) throw;
        fs::remove(thumbnail);  // of an earlier try
    }
}

Thumbnailer::Thumbnailer(fs::path folder) : folder_(std::move(folder)) {
    if (!folder_.empty()) fs::create_directories(folder_);
}

Thumbnailer::~Thumbnailer() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void Thumbnailer::add(const fs::path& frame) {
    if (folder_.empty()) return;
    const std::lock_guard lock(mutex_);
    waiting_.push_back(frame);
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    changed_.notify_all();
}

void Thumbnailer::work() {
    give_way_to_others();
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const fs::path frame = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        try {
            update_thumbnail(frame, folder_);
        } catch (const std::exception&) {  // who looks at the frames in the end will run into it too, and say so
        }
        lock.lock();
    }
}

void give_way_to_others() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness); }

}  // namespace atelier::media
