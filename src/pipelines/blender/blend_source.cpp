#include "pipelines/blender/blend_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/text.h"
#include "pipelines/blender/blend_file.h"

namespace atelier::pipelines::blender {

namespace {

constexpr std::size_t plain_piece = 16u << 10;
constexpr std::size_t inflated_piece = 128u << 10;
constexpr std::size_t cache_size = 8u << 20;
constexpr std::uint64_t most_passes = 8;  // how often the whole content may be inflated, all in all

Compression recognise(std::string_view start) {
    if (start.starts_with("\x1F\x8B")) return Compression::gzip;
    if (start.starts_with("\x28\xB5\x2F\xFD")) return Compression::zstd;
    return Compression::none;
}

}  // namespace

BlendSource::BlendSource(std::filesystem::path path, const ReadLimits& limits)
    : path_(std::move(path)), file_(open_file(path_, O_RDONLY | O_NONBLOCK)) {  // opening a pipe must not wait
    struct stat info {};
    if (::fstat(file_.get(), &info) != 0) throw Error::from_errno("cannot read " + path_.string());
    if (!S_ISREG(info.st_mode)) throw Error(Error::Kind::invalid, path_.string() + " is no file");
    const auto size = static_cast<std::uint64_t>(info.st_size);

    std::string start(4, '\0');
    start.resize(read_at(file_, path_, 0, start.data(), start.size()));
    compression_ = recognise(start);
    if (compression_ == Compression::gzip) stream_ = open_gzip(file_, path_);
    if (compression_ == Compression::zstd) stream_ = open_zstd(file_, path_);
    piece_size_ = stream_ ? inflated_piece : plain_piece;
    most_pieces_ = cache_size / inflated_piece;
    most_content_ = stream_ ? limits.free_content + limits.content_per_byte * size : size;
}

std::size_t BlendSource::read(std::uint64_t offset, char* to, std::size_t size) {
    std::size_t used = 0;
    while (used < size) {
        const std::uint64_t at = offset + used;
        const std::string& found = piece(at / piece_size_);
        const auto skip = static_cast<std::size_t>(at % piece_size_);
        if (skip < found.size()) used += found.copy(to + used, size - used, skip);
        if (found.size() < piece_size_) break;  // the content ends here
    }
    return used;
}

std::string BlendSource::read(std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    bytes.resize(read(offset, bytes.data(), size));
    return bytes;
}

const std::string& BlendSource::piece(std::uint64_t number) {
    if (!pieces_.empty() && pieces_.front().number == number) return pieces_.front().bytes;
    if (const auto found = piece_by_number_.find(number); found != piece_by_number_.end()) {
        pieces_.splice(pieces_.begin(), pieces_, found->second);
        return pieces_.front().bytes;
    }
    std::string bytes = load(number * piece_size_);
    if (pieces_.size() >= most_pieces_) {
        piece_by_number_.erase(pieces_.back().number);
        pieces_.pop_back();
    }
    pieces_.push_front({number, std::move(bytes)});
    piece_by_number_[number] = pieces_.begin();
    return pieces_.front().bytes;
}

std::string BlendSource::load(std::uint64_t offset) {
    if (stream_) return inflate(offset);
    std::string bytes(piece_size_, '\0');
    bytes.resize(offset < most_content_ ? read_at(file_, path_, offset, bytes.data(), bytes.size()) : 0);
    return bytes;
}

std::string BlendSource::inflate(std::uint64_t offset) {
    if (offset > most_content_)
        throw Error(
            Error::Kind::invalid,
            path_.string() + " would unpack to more than " + format_bytes(most_content_) + ", which no scene does",
            "save it uncompressed if it is what it says");
    std::string bytes(piece_size_, '\0');
    std::uint64_t at = stream_->seek(offset);
    while (at < offset) {
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(offset - at, bytes.size()));
        const std::size_t count = stream_->read(bytes.data(), step);
        count_inflated(count);
        at += count;
        if (count < step) return {};
    }
    bytes.resize(stream_->read(bytes.data(), bytes.size()));
    count_inflated(bytes.size());
    return bytes;
}

void BlendSource::count_inflated(std::uint64_t bytes) {
    inflated_ += bytes;
    if (inflated_ / most_passes > most_content_)
        throw Error(Error::Kind::invalid,
                    path_.string() + " has its parts so scattered that it can't be read compressed",
                    "save it uncompressed");
}

}  // namespace atelier::pipelines::blender
