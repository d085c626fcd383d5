#include "farm/log_book.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "archive/zstd.h"
#include "base/error.h"
#include "base/log.h"

namespace atelier::farm {

namespace fs = std::filesystem;

namespace {

constexpr const char* plain_suffix = ".log";
constexpr const char* compressed_suffix = ".log.zst";

fs::path log_path(const fs::path& root, const std::string& job, const std::string& session, const char* suffix) {
    check_relative_path(job);
    check_relative_path(session);
    return root / job / (session + suffix);
}

void write_at(int fd, std::uint64_t offset, std::string_view bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot write the log " + path.string());
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

}  // namespace

LogBook::LogBook(fs::path root) : root_(std::move(root)), compressor_([this] { compress_loop(); }) {}

LogBook::~LogBook() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    compressor_.join();
}

fs::path LogBook::plain(const std::string& job, const std::string& session) const {
    return log_path(root_, job, session, plain_suffix);
}

void LogBook::write(const std::string& job, const std::string& session, std::uint64_t offset, std::string_view bytes) {
    const fs::path path = plain(job, session);
    const std::lock_guard lock(mutex_);
    Fd& fd = open_[path.native()];
    if (!fd) {
        fs::create_directories(path.parent_path());
        fd = open_file(path, O_WRONLY | O_CREAT, 0600);
    }
    write_at(fd.get(), offset, bytes, path);
}

void LogBook::end(const std::string& job, const std::string& session) {
    const fs::path path = plain(job, session);
    const std::lock_guard lock(mutex_);
    open_.erase(path.native());
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return;  // nothing was ever written
    if (std::find(waiting_.begin(), waiting_.end(), path) != waiting_.end()) return;
    waiting_.push_back(path);
    wake_.notify_all();
}

void LogBook::remove_job(const std::string& job) {
    check_relative_path(job);
    const fs::path folder = root_ / job;
    const std::lock_guard lock(mutex_);
    std::erase_if(open_, [&](const auto& item) { return fs::path(item.first).parent_path() == folder; });
    std::erase_if(waiting_, [&](const fs::path& path) { return path.parent_path() == folder; });
    std::error_code ignored;
    fs::remove_all(folder, ignored);
}

void LogBook::adopt(const std::function<bool(const std::string& session)>& goes_on) {
    std::error_code problem;
    const std::lock_guard lock(mutex_);
    std::vector<fs::path> half_written;  // by a compressor that was killed
    for (const auto& entry : fs::recursive_directory_iterator(root_, problem)) {
        if (entry.path().extension() == plain_suffix && !goes_on(entry.path().stem())) waiting_.push_back(entry.path());
        if (entry.path().extension() == ".tmp") half_written.push_back(entry.path());
    }
    for (const fs::path& path : half_written)
        fs::remove(path, problem);
    wake_.notify_all();
}

void LogBook::compress_loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const fs::path path = waiting_.front();
        waiting_.pop_front();
        lock.unlock();
        try {
            if (fs::exists(path)) archive::compress_file(path, fs::path(path).replace_extension(compressed_suffix));
            fs::remove(path);
        } catch (const std::exception& error) {  // it stays as it is, and is read as it is
            log::warning(std::string("a log could not be compressed: ") + error.what());
        }
        lock.lock();
    }
}

void read_log(const fs::path& root, const std::string& job, const std::string& session, std::uint64_t begin,
              std::uint64_t end, const std::function<void(std::string_view)>& sink) {
    const fs::path plain = log_path(root, job, session, plain_suffix);
    const Fd fd(::open(plain.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        const fs::path compressed = log_path(root, job, session, compressed_suffix);
        if (fs::exists(compressed)) archive::read_compressed(compressed, begin, end - begin, sink);
        return;
    }
    std::array<char, 64 * 1024> piece;
    while (begin < end) {
        const ssize_t count = ::pread(fd.get(), piece.data(), std::min<std::uint64_t>(piece.size(), end - begin),
                                      static_cast<off_t>(begin));
        if (count < 0) throw Error::from_errno("cannot read the log " + plain.string());
        if (count == 0) return;
        sink({piece.data(), static_cast<std::size_t>(count)});
        begin += static_cast<std::uint64_t>(count);
    }
}

}  // namespace atelier::farm
