// zstd, as Blender compresses since 3.0: many frames, with a table at the end of where each begins, which lets whole
// frames be left out. Without the table the frames that were met are the places to go on from.
#include <zstd.h>

#include <algorithm>

#include "archive/seek_table.h"
#include "pipelines/blender/content_stream.h"

namespace atelier::pipelines::blender {

namespace {

constexpr int largest_window = 27;  // 128 MB: what a file may ask us to keep in memory

struct FrameStart {
    std::uint64_t in_content = 0;
    std::uint64_t in_file = 0;
};

// Where each frame begins, and where the last one ends; empty without a table.
std::vector<FrameStart> frame_starts(const Fd& file, const std::filesystem::path& path) {
    const auto frames = archive::read_seek_table(file, path);
    if (frames.empty()) return {};
    std::vector<FrameStart> starts(frames.size() + 1);
    for (std::size_t i = 0; i < frames.size(); ++i)
        starts[i + 1] = {starts[i].in_content + frames[i].content, starts[i].in_file + frames[i].packed};
    return starts;
}

class ZstdStream : public ContentStream {
public:
    ZstdStream(const Fd& file, const std::filesystem::path& path)
        : path_(path),
          packed_(file, path),
          table_(frame_starts(file, path)),
          context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
        if (!context_) throw Error(Error::Kind::exhausted, "out of memory");
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, largest_window);
    }

    std::uint64_t seek(std::uint64_t offset) override {
        const FrameStart start = best_start(offset);
        if (offset_ <= offset && start.in_content <= offset_) return offset_;
        ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
        packed_.go_to(start.in_file);
        piece_ = {nullptr, 0, 0};
        offset_ = start.in_content;
        expected_ = 0;
        is_full_ = false;
        return offset_;
    }

    std::size_t read(char* to, std::size_t size) override {
        ZSTD_outBuffer out{to, size, 0};
        while (out.pos < out.size) {
            const bool is_waiting = is_full_ && expected_ != 0;  // inside zstd, for room to be given
            if (piece_.pos == piece_.size && !is_waiting && !refill()) break;
            const std::size_t before = out.pos;
            expected_ = ZSTD_decompressStream(context_.get(), &out, &piece_);
            if (ZSTD_isError(expected_)) refuse_damaged(path_, ZSTD_getErrorName(expected_));
            offset_ += out.pos - before;
            is_full_ = out.pos == out.size;
            if (expected_ == 0) note_frame_end();
        }
        return out.pos;
    }

private:
    FrameStart best_start(std::uint64_t offset) const {
        if (!table_.empty()) {
            const auto after = std::upper_bound(
                table_.begin(), table_.end(), offset,
                [](std::uint64_t wanted, const FrameStart& start) { return wanted < start.in_content; });
            return *std::prev(after);  // the first one begins at 0
        }
        const auto* place = places_.before(offset);
        return place != nullptr ? FrameStart{place->first, place->second} : FrameStart{};
    }

    bool refill() {
        const std::string_view piece = packed_.next();
        if (piece.empty() && expected_ != 0) refuse_damaged(path_, "it was cut short");
        piece_ = {piece.data(), piece.size(), 0};
        return !piece.empty();
    }

    // A table that says something else than the frames would let the same offset mean two things.
    void note_frame_end() {
        const std::uint64_t in_file = packed_.offset() - (piece_.size - piece_.pos);
        if (table_.empty()) {
            if (places_.wants(offset_)) places_.add(offset_, in_file);
            return;
        }
        if (in_file > table_.back().in_file) return;  // the table itself
        const auto found =
            std::lower_bound(table_.begin(), table_.end(), in_file,
                             [](const FrameStart& start, std::uint64_t wanted) { return start.in_file < wanted; });
        if (found == table_.end() || found->in_file != in_file || found->in_content != offset_)
            refuse_damaged(path_, "its table of frames is wrong");
    }

    const std::filesystem::path& path_;
    PackedBytes packed_;
    std::vector<FrameStart> table_;
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
    ZSTD_inBuffer piece_{nullptr, 0, 0};
    Places<std::uint64_t> places_;
    std::uint64_t offset_ = 0;
    std::size_t expected_ = 0;  // 0 between frames: only there may the file end
    bool is_full_ = false;      // the last output had no more room
};

}  // namespace

std::unique_ptr<ContentStream> open_zstd(const Fd& file, const std::filesystem::path& path) {
    return std::make_unique<ZstdStream>(file, path);
}

}  // namespace atelier::pipelines::blender
