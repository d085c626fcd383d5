// The logs: one file a session in the data folder, written as it comes, compressed when the session is done. An
// attempt's lines are a range of its session's log. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/files.h"

namespace atelier::farm {

class LogBook {
public:
    explicit LogBook(std::filesystem::path root);
    ~LogBook();  // compresses what is waiting
    LogBook(const LogBook&) = delete;
    LogBook& operator=(const LogBook&) = delete;

    // The same piece again does no harm.
    void write(const std::string& job, const std::string& session, std::uint64_t offset, std::string_view bytes);
    void end(const std::string& job, const std::string& session);
    void remove_job(const std::string& job);

    // Sessions that a former process left open are compressed, but for those that go on elsewhere.
    void adopt(const std::function<bool(const std::string& session)>& goes_on);

private:
    void compress_loop();
    std::filesystem::path plain(const std::string& job, const std::string& session) const;

    std::filesystem::path root_;
    std::mutex mutex_;
    std::map<std::string, Fd> open_;  // by the path
    std::condition_variable wake_;
    std::deque<std::filesystem::path> waiting_;
    bool stopping_ = false;
    std::thread compressor_;
};

// Reads [begin, end) of a session's log in pieces, compressed or not; from any process. Nothing when it was never
// written.
void read_log(const std::filesystem::path& root, const std::string& job, const std::string& session,
              std::uint64_t begin, std::uint64_t end, const std::function<void(std::string_view)>& sink);

}  // namespace atelier::farm
