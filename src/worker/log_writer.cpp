#include "worker/log_writer.h"

#include <fmt/format.h>

#include "base/text.h"

namespace atelier::worker {

namespace {

constexpr std::size_t piece_size = 256 * 1024;
constexpr std::uint64_t most_of_an_attempt = 64u << 20;
constexpr std::size_t last_lines_kept = 100;

}  // namespace

std::uint64_t LogWriter::begin_attempt() {
    begin_ = flushed_ + waiting_.size();
    last_.clear();
    cut_ = 0;
    return begin_;
}

void LogWriter::line(std::string_view text) {
    if (flushed_ + waiting_.size() - begin_ < most_of_an_attempt) return append(text);
    last_.emplace_back(text);
    if (last_.size() <= last_lines_kept) return;
    cut_ += last_.front().size() + 1;
    last_.pop_front();
}

void LogWriter::append(std::string_view text) {
    waiting_ += text;
    waiting_ += '\n';
    if (waiting_.size() >= piece_size) flush();
}

wire::LogRange LogWriter::end_attempt() {
    if (cut_ > 0) append(fmt::format("[… {} of output are left out here …]", format_bytes(cut_)));
    for (const std::string& text : last_)
        append(text);
    last_.clear();
    cut_ = 0;
    flush();
    return {begin_, flushed_};
}

void LogWriter::flush() {
    if (waiting_.empty()) return;
    link_.write_log(job_, session_, flushed_, waiting_);
    flushed_ += waiting_.size();
    waiting_.clear();
}

void LogWriter::close() {
    flush();
    link_.end_log(job_, session_);
}

}  // namespace atelier::worker
