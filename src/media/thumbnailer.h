// Thumbnails of frames as they come in, made beside the work that the frames come from. What can't be made then is left
// to those who look at all frames in the end.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "media/look.h"

namespace atelier::media {

std::filesystem::path thumbnail_of(const std::filesystem::path& frame, const std::filesystem::path& folder);

// Made, unless it is there and no older than its frame. A frame that can't be read has none.
void update_thumbnail(const std::filesystem::path& frame, const std::filesystem::path& folder,
                      const ThumbnailOptions& options = {});

// In a thread of its own, which gives way to others. Any thread may add frames.
class Thumbnailer {
public:
    explicit Thumbnailer(std::filesystem::path folder);  // it is made; empty: there will be no thumbnails
    ~Thumbnailer();                                      // those that were asked for are made
    Thumbnailer(const Thumbnailer&) = delete;
    Thumbnailer& operator=(const Thumbnailer&) = delete;

    void add(const std::filesystem::path& frame);

private:
    void work();

    const std::filesystem::path folder_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::filesystem::path> waiting_;
    bool is_ending_ = false;
    std::thread thread_;  // begins with the first frame
};

// For threads and processes that nobody waits for.
void give_way_to_others();

}  // namespace atelier::media
