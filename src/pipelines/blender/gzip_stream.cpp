// gzip, as Blender compressed before 3.0. The state of the inflater is small and can be copied: copies of it are the
// places to go on from, so that going back costs little.
#include <zlib.h>

#include "pipelines/blender/content_stream.h"

namespace atelier::pipelines::blender {

namespace {

constexpr int gzip_window = 15 + 16;  // the largest window, with gzip's head and check sum

class Inflater {
public:
    Inflater() {
        if (::inflateInit2(&state_, gzip_window) != Z_OK) throw Error(Error::Kind::exhausted, "out of memory");
    }
    Inflater(const Inflater& other) {
        if (::inflateCopy(&state_, const_cast<z_stream*>(&other.state_)) != Z_OK)
            throw Error(Error::Kind::exhausted, "out of memory");
    }
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { ::inflateEnd(&state_); }

    z_stream* operator->() { return &state_; }
    z_stream* get() { return &state_; }

private:
    z_stream state_{};  // zlib remembers where it is, so it never moves
};

struct Place {
    std::uint64_t in_file = 0;
    std::unique_ptr<Inflater> inflater;
};

class GzipStream : public ContentStream {
public:
    GzipStream(const Fd& file, const std::filesystem::path& path)
        : path_(path), packed_(file, path), inflater_(std::make_unique<Inflater>()) {}

    std::uint64_t seek(std::uint64_t offset) override {
        const auto* place = places_.before(offset);
        if (offset_ <= offset && (place == nullptr || place->first <= offset_)) return offset_;
        inflater_ =
            place != nullptr ? std::make_unique<Inflater>(*place->second.inflater) : std::make_unique<Inflater>();
        (*inflater_)->avail_in = 0;
        packed_.go_to(place != nullptr ? place->second.in_file : 0);
        offset_ = place != nullptr ? place->first : 0;
        ended_ = false;
        return offset_;
    }

    std::size_t read(char* to, std::size_t size) override {
        Inflater& inflater = *inflater_;
        inflater->next_out = reinterpret_cast<Bytef*>(to);
        inflater->avail_out = static_cast<uInt>(size);
        while (inflater->avail_out > 0 && !ended_)
            step(inflater);
        const std::size_t given = size - inflater->avail_out;
        offset_ += given;
        if (!ended_ && places_.wants(offset_))
            places_.add(offset_, {packed_.offset() - inflater->avail_in, std::make_unique<Inflater>(inflater)});
        return given;
    }

private:
    void step(Inflater& inflater) {
        if (inflater->avail_in == 0 && !refill(inflater)) refuse_damaged(path_, "it was cut short");
        const int result = ::inflate(inflater.get(), Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            // What follows is a further member, or nothing that belongs to it.
            const bool more = inflater->avail_in > 0 || refill(inflater);
            ended_ = !more || *inflater->next_in != 0x1F || ::inflateReset(inflater.get()) != Z_OK;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            refuse_damaged(path_, inflater->msg != nullptr ? inflater->msg : "its gzip content is wrong");
        }
    }

    bool refill(Inflater& inflater) {
        const std::string_view piece = packed_.next();
        inflater->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        inflater->avail_in = static_cast<uInt>(piece.size());
        return !piece.empty();
    }

    const std::filesystem::path& path_;
    PackedBytes packed_;
    std::unique_ptr<Inflater> inflater_;
    Places<Place> places_;
    std::uint64_t offset_ = 0;
    bool ended_ = false;
};

}  // namespace

std::unique_ptr<ContentStream> open_gzip(const Fd& file, const std::filesystem::path& path) {
    return std::make_unique<GzipStream>(file, path);
}

}  // namespace atelier::pipelines::blender
