// Pictures of the family PPM (P5, P6), whose pixels lie in the file as they are: read by ourselves, since libvips
// misreads those with remarks in their head, as POV-Ray's are.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "media/picture_head.h"
#include "media/picture_rows.h"

namespace atelier::media {
namespace {

class PnmRows : public PictureRows {
public:
    explicit PnmRows(const std::filesystem::path& path) : path_(path), file_(open_file(path, O_RDONLY)) {
        const auto bytes = static_cast<std::uint64_t>(std::filesystem::file_size(path));
        const PnmHead head = read_pnm_head({bytes, [this](std::uint64_t offset, std::size_t count) {
                                                std::string text(count, '\0');
                                                text.resize(read_at(offset, text.data(), count));
                                                return text;
                                            }});
        info_ = head.info;
        next_ = head.pixels_at;
        scale_ = static_cast<float>(largest_value(info_.depth) / head.largest);
        row_.resize(row_values() * (info_.depth == ChannelDepth::sixteen ? 2 : 1));
    }

    void read(float* row) override {
        if (read_at(next_, row_.data(), row_.size()) != row_.size()) refuse_picture(path_, "it ends too early");
        next_ += row_.size();
        const auto byte = [this](std::size_t at) { return static_cast<unsigned>(static_cast<std::uint8_t>(row_[at])); };
        for (std::size_t i = 0; i < row_values(); ++i) {
            const unsigned value = info_.depth == ChannelDepth::sixteen ? byte(2 * i) << 8 | byte(2 * i + 1) : byte(i);
            row[i] = scaled(value);
        }
    }

private:
    // Whole steps; more than the largest value that the head tells is that value.
    float scaled(unsigned value) const {
        const auto largest = static_cast<float>(largest_value(info_.depth));
        return std::min(largest, std::floor(static_cast<float>(value) * scale_ + 0.5f));
    }

    std::size_t read_at(std::uint64_t offset, char* to, std::size_t count) const {
        std::size_t done = 0;
        while (done < count) {
            const ssize_t got = ::pread(file_.get(), to + done, count - done, static_cast<off_t>(offset + done));
            if (got <= 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    std::filesystem::path path_;
    Fd file_;
    std::uint64_t next_ = 0;
    float scale_ = 1;
    std::string row_;
};

}  // namespace

std::unique_ptr<PictureRows> open_pnm_picture(const std::filesystem::path& path) {
    try {
        return std::make_unique<PnmRows>(path);
    } catch (const PictureProblem& problem) {
        refuse_picture(path, problem.text);
    }
}

}  // namespace atelier::media
