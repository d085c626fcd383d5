#include "base/file_pieces.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"

namespace atelier {

namespace {

constexpr std::uint64_t piece_size = 256u << 10;

}  // namespace

FilePieces::FilePieces(Fd file, std::filesystem::path shown, std::uint64_t offset, std::optional<std::uint64_t> size)
    : file_(std::move(file)), shown_(std::move(shown)), offset_(offset), left_(size) {}

std::string_view FilePieces::next() {
    if (left_ == 0u) return {};
    buffer_.resize(static_cast<std::size_t>(std::min(left_.value_or(piece_size), piece_size)));
    ssize_t count = 0;
    do
        count = ::pread(file_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(offset_));
    while (count < 0 && errno == EINTR);
    if (count < 0) throw Error::from_errno("cannot read " + shown_.string());
    if (count == 0 && left_) throw Error(Error::Kind::internal, shown_.string() + " became shorter while it was read");
    offset_ += static_cast<std::uint64_t>(count);
    if (left_) *left_ -= static_cast<std::uint64_t>(count);
    return {buffer_.data(), static_cast<std::size_t>(count)};
}

}  // namespace atelier
