#include "worker/log_post.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "http/message.h"
#include "worker/backoff.h"

namespace atelier::worker {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t piece_size = 1u << 20;
constexpr std::size_t most_in_memory = 4u << 20;  // of one session
constexpr milliseconds first_wait{100};
constexpr milliseconds longest_wait{5'000};

// "JOB,SESSION,BEGIN", each encoded, so that no name leads out of the folder.
std::string file_name(const std::string& job, const std::string& session, std::uint64_t begin) {
    return fmt::format("{},{},{}", http::encode(job), http::encode(session), begin);
}

}  // namespace

LogPost::LogPost(fs::path folder, Carrier carrier) : folder_(std::move(folder)), carrier_(std::move(carrier)) {
    fs::create_directories(folder_);
    adopt();
    thread_ = std::thread([this] { loop(); });
}

LogPost::~LogPost() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    try {
        secure();
    } catch (const Error& error) {
        log::warning(error.what());
    }
}

// What a former process couldn't send. Nothing more will come for it.
void LogPost::adopt() {
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const std::string name = entry.path().filename().string();
        const auto parts = split(name, ',');
        const auto begin = parts.size() == 3 ? parse_int(parts[2]) : std::nullopt;
        if (!begin || *begin < 0 || !entry.is_regular_file()) {
            log::warning("this is no log of a session, it is left alone: " + printable(entry.path().native()));
            continue;
        }
        try {
            Stream stream;
            stream.job = http::decode(parts[0], false);
            stream.path = entry.path();
            stream.file = open_file(entry.path(), O_RDWR | O_APPEND);
            stream.sent = stream.file_begin = static_cast<std::uint64_t>(*begin);
            stream.end = stream.sent + entry.file_size();
            stream.ended = true;
            streams_.insert_or_assign(http::decode(parts[1], false), std::move(stream));
        } catch (const Error& error) {
            log::warning(error.what());
        }
    }
}

void LogPost::write(const std::string& job, const std::string& session, std::uint64_t offset, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = streams_.try_emplace(session);
    Stream& stream = found->second;
    if (is_new) {
        stream.job = job;
        stream.sent = stream.end = offset;
    }
    if (offset + bytes.size() <= stream.end) return;
    if (offset < stream.end) bytes.remove_prefix(stream.end - offset);
    stream.end += bytes.size();
    try {
        append(session, stream, bytes);
    } catch (const Error& error) {  // a full disk: a task goes on without the rest of its log
        log::warning(error.what());
        refuse(session, stream, error);
    }
    changed_.notify_all();
}

void LogPost::append(const std::string& session, Stream& stream, std::string_view bytes) {
    if (stream.refused) {
        stream.sent = stream.end;
    } else if (stream.file) {
        write_all(stream.file.get(), bytes, stream.path);
    } else {
        stream.waiting += bytes;
        if (is_away_ || stream.waiting.size() > most_in_memory) spill(session, stream);
    }
}

void LogPost::refuse(const std::string& session, Stream& stream, const Error& error) {
    log::debug(fmt::format("the rest of the log of session {} is left out: {}", session, error.what()));
    stream.refused = true;
    stream.sent = stream.end;
    stream.waiting.clear();
    remove_file(stream);
}

void LogPost::end(const std::string& job, const std::string& session) {
    const std::lock_guard lock(mutex_);
    Stream& stream = streams_[session];
    stream.job = job;
    stream.ended = true;
    changed_.notify_all();
}

bool LogPost::wait_sent(const std::vector<std::string>& sessions, milliseconds patience) {
    std::unique_lock lock(mutex_);
    std::map<std::string, std::uint64_t> wanted;
    for (const auto& [session, stream] : streams_)
        if (sessions.empty() || std::find(sessions.begin(), sessions.end(), session) != sessions.end())
            wanted[session] = stream.end;
    const auto all_sent = [&] {
        return std::all_of(wanted.begin(), wanted.end(), [&](const auto& item) {
            const auto stream = streams_.find(item.first);
            return stream == streams_.end() || stream->second.sent >= item.second;
        });
    };
    if (all_sent()) return true;
    try_now_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, patience, [&, before = failures_] { return all_sent() || failures_ > before; });
    return all_sent();
}

void LogPost::secure() {
    const std::lock_guard lock(mutex_);
    spill_all();
    for (const auto& [session, stream] : streams_)
        if (stream.file && ::fdatasync(stream.file.get()) != 0)
            throw Error::from_errno("cannot sync " + stream.path.string());
    sync_folder(folder_);
}

void LogPost::spill_all() {
    for (auto& [session, stream] : streams_) {
        if (stream.waiting.empty()) continue;
        try {
            spill(session, stream);
        } catch (const Error& error) {
            log::warning(error.what());
            refuse(session, stream, error);
        }
    }
}

void LogPost::spill(const std::string& session, Stream& stream) {
    stream.file_begin = stream.sent;
    stream.path = folder_ / file_name(stream.job, session, stream.file_begin);
    stream.file = open_file(stream.path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
    write_all(stream.file.get(), stream.waiting, stream.path);
    stream.waiting.clear();
}

void LogPost::remove_file(Stream& stream) {
    if (!stream.file) return;
    ::unlink(stream.path.c_str());
    stream.file.reset();
}

void LogPost::forget(const std::string& session) {
    const auto found = streams_.find(session);
    remove_file(found->second);
    streams_.erase(found);
}

// ---- the sending thread ---------------------------------------------------------------------------------

void LogPost::loop() {
    std::unique_lock lock(mutex_);
    std::string last;
    milliseconds wait = first_wait;
    while (!stopping_) {
        const auto next = next_to_send(last);
        if (next == streams_.end()) {
            changed_.wait(lock);
            continue;
        }
        last = next->first;
        try_now_ = false;
        is_away_ = !send(lock, last);
        if (!is_away_) {
            wait = first_wait;
            continue;
        }
        spill_all();
        ++failures_;
        changed_.notify_all();
        changed_.wait_for(lock, wait, [&] { return stopping_ || try_now_; });
        wait = std::min(wait * 2, longest_wait);
    }
}

// In turn: a session that prints a lot doesn't keep the others waiting.
LogPost::Streams::iterator LogPost::next_to_send(const std::string& after) {
    const auto has_something = [](const auto& item) { return item.second.sent < item.second.end || item.second.ended; };
    const auto begin = streams_.upper_bound(after);
    const auto found = std::find_if(begin, streams_.end(), has_something);
    return found != streams_.end() ? found : std::find_if(streams_.begin(), streams_.end(), has_something);
}

std::string LogPost::next_piece(const Stream& stream) const {
    if (!stream.file) return stream.waiting.substr(0, piece_size);
    std::string piece(std::min<std::uint64_t>(piece_size, stream.end - stream.sent), '\0');
    const ssize_t count =
        ::pread(stream.file.get(), piece.data(), piece.size(), static_cast<off_t>(stream.sent - stream.file_begin));
    if (count <= 0) throw Error::from_errno("cannot read " + stream.path.string(), count < 0 ? errno : EIO);
    piece.resize(static_cast<std::size_t>(count));
    return piece;
}

void LogPost::take_off(Stream& stream, std::uint64_t count) {
    stream.sent += count;
    if (!stream.file)
        stream.waiting.erase(0, count);
    else if (stream.sent == stream.end)
        remove_file(stream);
}

// False when the farm is away.
bool LogPost::send(std::unique_lock<std::mutex>& lock, const std::string& session) {
    Stream& stream = streams_.at(session);  // no other thread removes one
    try {
        const bool is_last = stream.sent == stream.end;
        const std::string piece = is_last ? "" : next_piece(stream);
        const std::string job = stream.job;
        const std::uint64_t offset = stream.sent;
        lock.unlock();
        try {
            is_last ? carrier_.end(job, session) : carrier_.write(job, session, offset, piece);
        } catch (...) {
            lock.lock();
            throw;
        }
        lock.lock();
        if (is_last)
            forget(session);
        else
            take_off(stream, piece.size());
    } catch (const Error& error) {
        if (may_pass(error)) return false;
        refuse(session, stream, error);
        if (stream.ended) forget(session);
    }
    changed_.notify_all();
    return true;
}

}  // namespace atelier::worker
