// A .blend's content at any offset, plain or compressed, by a small cache of pieces. Only the pieces that are asked for
// are read of a plain file; of a compressed one what leads to them is inflated, within a bound.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/files.h"
#include "pipelines/blender/blend_header.h"
#include "pipelines/blender/content_stream.h"

namespace atelier::pipelines::blender {

struct ReadLimits;

class BlendSource {
public:
    // Throws Error::not_found, Error::invalid for what is no regular file.
    BlendSource(std::filesystem::path path, const ReadLimits& limits);
    BlendSource(const BlendSource&) = delete;  // the stream knows where its file is

    const std::filesystem::path& path() const { return path_; }
    Compression compression() const { return compression_; }

    // Up to `size` bytes from an offset of the content: fewer at its end. Throws Error::invalid for what is damaged,
    // and for a content that is larger than any honest one.
    std::size_t read(std::uint64_t offset, char* to, std::size_t size);
    std::string read(std::uint64_t offset, std::size_t size);

    // Whether the content reaches so far, as far as that is known without reading it.
    bool may_reach(std::uint64_t end) const { return end <= most_content_; }

private:
    struct Piece {
        std::uint64_t number = 0;
        std::string bytes;
    };

    const std::string& piece(std::uint64_t number);
    std::string load(std::uint64_t offset);
    std::string inflate(std::uint64_t offset);
    void count_inflated(std::uint64_t bytes);

    std::filesystem::path path_;
    Fd file_;
    Compression compression_ = Compression::none;
    std::unique_ptr<ContentStream> stream_;
    std::size_t piece_size_ = 0;
    std::size_t most_pieces_ = 0;
    std::uint64_t most_content_ = 0;
    std::uint64_t inflated_ = 0;
    std::list<Piece> pieces_;  // the last used one first
    std::unordered_map<std::uint64_t, std::list<Piece>::iterator> piece_by_number_;
};

}  // namespace atelier::pipelines::blender
