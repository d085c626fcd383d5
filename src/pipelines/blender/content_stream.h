// The content of a compressed file, from its beginning on or from a place that is known: what blend_source.cpp reads
// through. One for gzip, one for zstd.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace atelier::pipelines::blender {

class ContentStream {
public:
    virtual ~ContentStream() = default;

    // Goes to the known place from which `offset` comes soonest, or stays; returns where it is, at `offset` or before.
    virtual std::uint64_t seek(std::uint64_t offset) = 0;

    // The next bytes; fewer than `size` only at the end of the content. Throws Error::invalid for what is damaged.
    virtual std::size_t read(char* to, std::size_t size) = 0;
};

// The file outlives the stream.
std::unique_ptr<ContentStream> open_gzip(const Fd& file, const std::filesystem::path& path);
std::unique_ptr<ContentStream> open_zstd(const Fd& file, const std::filesystem::path& path);

// The packed bytes of a file in pieces, from any place on.
class PackedBytes {
public:
    PackedBytes(const Fd& file, const std::filesystem::path& path)
        : file_(file), path_(path), piece_(64u << 10, '\0') {}

    void go_to(std::uint64_t offset) { next_ = offset; }
    std::string_view next();                        // empty at the end of the file
    std::uint64_t offset() const { return next_; }  // of what the next piece begins with

private:
    const Fd& file_;
    const std::filesystem::path& path_;
    std::string piece_;
    std::uint64_t next_ = 0;
};

// Bytes at an offset, as far as the file goes.
std::size_t read_at(const Fd& file, const std::filesystem::path& path, std::uint64_t offset, char* to,
                    std::size_t size);

// Places to go on from, in order of their offsets in the content: few, the wider apart the longer the content is.
template <class Place>
class Places {
public:
    bool wants(std::uint64_t offset) const { return places_.empty() || offset >= places_.back().first + apart_; }

    void add(std::uint64_t offset, Place place) {
        places_.emplace_back(offset, std::move(place));
        if (places_.size() < most) return;
        for (std::size_t i = 1; 2 * i < places_.size(); ++i)
            places_[i] = std::move(places_[2 * i]);
        places_.resize((places_.size() + 1) / 2);
        apart_ *= 2;
    }

    // The last one at or before an offset; null when there is none.
    const std::pair<std::uint64_t, Place>* before(std::uint64_t offset) const {
        for (auto place = places_.rbegin(); place != places_.rend(); ++place)
            if (place->first <= offset) return &*place;
        return nullptr;
    }

private:
    static constexpr std::size_t most = 128;
    std::vector<std::pair<std::uint64_t, Place>> places_;
    std::uint64_t apart_ = 1u << 20;
};

[[noreturn]] inline void refuse_damaged(const std::filesystem::path& path, const std::string& why) {
    throw Error(Error::Kind::invalid, path.string() + " is damaged: " + why, "save it again, or copy it again");
}

}  // namespace atelier::pipelines::blender
