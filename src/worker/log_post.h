// The logs of a remote worker's sessions on their way to the farm, on a thread of its own: whoever writes never waits.
// While the farm is away they go into files, and a later process sends what it finds there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace atelier::worker {

class LogPost {
public:
    // How it gets there; called on the sending thread. Error::unavailable and Error::denied are tried again; any other
    // error ends the sending of this session's log.
    struct Carrier {
        std::function<void(const std::string& job, const std::string& session, std::uint64_t offset, std::string_view)>
            write;
        std::function<void(const std::string& job, const std::string& session)> end;
    };

    LogPost(std::filesystem::path folder, Carrier carrier);
    ~LogPost();  // what isn't sent is in the files
    LogPost(const LogPost&) = delete;
    LogPost& operator=(const LogPost&) = delete;

    void write(const std::string& job, const std::string& session, std::uint64_t offset, std::string_view bytes);
    void end(const std::string& job, const std::string& session);

    // False when not all that was written so far for these sessions (or, with none, for all) could be sent in time, or
    // as soon as it was tried in vain.
    bool wait_sent(const std::vector<std::string>& sessions, std::chrono::milliseconds patience);
    void secure();  // what isn't sent survives a power cut afterwards

private:
    struct Stream {
        std::string job;
        std::uint64_t sent = 0;
        std::uint64_t end = 0;
        std::string waiting;         // [end - its size, end), unless there is a file
        std::filesystem::path path;  // of the file: [file_begin, end)
        Fd file;
        std::uint64_t file_begin = 0;
        bool ended = false;
        bool refused = false;  // the farm wants no more of it
    };
    using Streams = std::map<std::string, Stream>;  // by session

    void adopt();
    void loop();
    Streams::iterator next_to_send(const std::string& after);
    bool send(std::unique_lock<std::mutex>& lock, const std::string& session);
    std::string next_piece(const Stream& stream) const;
    void take_off(Stream& stream, std::uint64_t count);
    void append(const std::string& session, Stream& stream, std::string_view bytes);
    void refuse(const std::string& session, Stream& stream, const Error& error);
    void spill(const std::string& session, Stream& stream);
    void spill_all();
    void remove_file(Stream& stream);
    void forget(const std::string& session);

    const std::filesystem::path folder_;
    const Carrier carrier_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Streams streams_;
    bool is_away_ = false;
    bool try_now_ = false;
    std::uint64_t failures_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace atelier::worker
