#include "pipelines/sky/pixels/png.h"

#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {
namespace {

constexpr std::size_t largest_chunk = 64u << 20;  // of a text or a profile
constexpr unsigned most_chunks = 1000;

// libpng ends an error by a jump: no object with a destructor may live between setjmp and the calls below it.
class PngDecoder final : public Decoder {
public:
    PngDecoder(std::filesystem::path path, bool keep_alpha) : path_(std::move(path)), keep_alpha_(keep_alpha) {
        file_.reset(std::fopen(path_.c_str(), "rbe"));
        if (!file_) throw Error::from_errno("cannot open " + path_.string());
        codec_.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, give_up, say_nothing);
        if (codec_.png) codec_.info = png_create_info_struct(codec_.png);
        if (!codec_.info) throw Error(Error::Kind::exhausted, "there is no memory to read " + path_.string());
        if (!read_head()) fail();
        check_size(png_get_image_width(codec_.png, codec_.info), png_get_image_height(codec_.png, codec_.info), path_);
        describe();
        if (!start()) fail();
        shape_.channels = png_get_channels(codec_.png, codec_.info);
        shape_.bits = png_get_bit_depth(codec_.png, codec_.info);
        is_interlaced_ = png_get_interlace_type(codec_.png, codec_.info) != PNG_INTERLACE_NONE;
    }

    void read(std::byte* row) override {
        if (is_interlaced_) {
            if (whole_.empty()) take_whole();
            std::memcpy(row, whole_.data() + static_cast<std::size_t>(next_++) * shape_.row_bytes(),
                        shape_.row_bytes());
            return;
        }
        if (!read_row(reinterpret_cast<png_bytep>(row))) fail();
        if (++next_ == shape_.height && !read_end()) fail();
    }

private:
    static void give_up(png_structp png, png_const_charp text) {
        auto& decoder = *static_cast<PngDecoder*>(png_get_error_ptr(png));
        std::snprintf(decoder.trouble_, sizeof decoder.trouble_, "%s", text);
        png_longjmp(png, 1);
    }
    static void say_nothing(png_structp, png_const_charp) {}

    [[noreturn]] void fail() { refuse(path_, "it is damaged or ends too early (" + printable(trouble_) + ")"); }

    bool read_head() {
        if (setjmp(png_jmpbuf(codec_.png)) != 0) return false;
        png_set_user_limits(codec_.png, largest_side, largest_side);
        png_set_chunk_malloc_max(codec_.png, largest_chunk);
        png_set_chunk_cache_max(codec_.png, most_chunks);
        png_init_io(codec_.png, file_.get());
        png_read_info(codec_.png, codec_.info);
        return true;
    }

    void describe() {
        shape_.width = static_cast<int>(png_get_image_width(codec_.png, codec_.info));
        shape_.height = static_cast<int>(png_get_image_height(codec_.png, codec_.info));
        shape_.palette = png_get_color_type(codec_.png, codec_.info) == PNG_COLOR_TYPE_PALETTE;
        shape_.two_levels = !shape_.palette && png_get_bit_depth(codec_.png, codec_.info) == 1;
        png_charp name = nullptr;
        png_bytep profile = nullptr;
        png_uint_32 size = 0;
        int method = 0;
        if (png_get_iCCP(codec_.png, codec_.info, &name, &method, &profile, &size) != 0)
            icc_profile_.assign(reinterpret_cast<const char*>(profile), size);
    }

    bool start() {
        if (setjmp(png_jmpbuf(codec_.png)) != 0) return false;
        const bool grey = png_get_color_type(codec_.png, codec_.info) == PNG_COLOR_TYPE_GRAY;
        if (shape_.palette) png_set_palette_to_rgb(codec_.png);
        if (grey) png_set_expand_gray_1_2_4_to_8(codec_.png);
        if (png_get_valid(codec_.png, codec_.info, PNG_INFO_tRNS) != 0) {
            // A palette's colours are expanded together with its transparency.
            if (keep_alpha_ || shape_.palette) png_set_tRNS_to_alpha(codec_.png);
            if (!keep_alpha_ && shape_.palette) png_set_strip_alpha(codec_.png);
        }
        if constexpr (std::endian::native == std::endian::little) png_set_swap(codec_.png);
        png_set_interlace_handling(codec_.png);
        png_read_update_info(codec_.png, codec_.info);
        return true;
    }

    bool read_row(png_bytep row) {
        if (setjmp(png_jmpbuf(codec_.png)) != 0) return false;
        png_read_row(codec_.png, row, nullptr);
        return true;
    }

    bool read_end() {
        if (setjmp(png_jmpbuf(codec_.png)) != 0) return false;
        png_read_end(codec_.png, nullptr);
        return true;
    }

    bool read_image(png_bytepp rows) {
        if (setjmp(png_jmpbuf(codec_.png)) != 0) return false;
        png_read_image(codec_.png, rows);
        png_read_end(codec_.png, nullptr);
        return true;
    }

    // An interlaced picture is whole only at its end.
    void take_whole() {
        const std::uint64_t bytes = std::uint64_t{shape_.row_bytes()} * static_cast<std::uint64_t>(shape_.height);
        if (bytes > most_memory)
            throw Error(Error::Kind::exhausted,
                        path_.string() + " is an interlaced PNG that needs " + format_bytes(bytes) + " to be decoded",
                        "save it without interlacing");
        whole_.resize(bytes);
        std::vector<png_bytep> rows(static_cast<std::size_t>(shape_.height));
        for (std::size_t y = 0; y < rows.size(); ++y)
            rows[y] = reinterpret_cast<png_bytep>(whole_.data()) + y * shape_.row_bytes();
        if (!read_image(rows.data())) fail();
    }

    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    struct Codec {
        png_structp png = nullptr;
        png_infop info = nullptr;
        ~Codec() { png_destroy_read_struct(&png, &info, nullptr); }
    };

    std::filesystem::path path_;
    bool keep_alpha_;
    bool is_interlaced_ = false;
    std::unique_ptr<std::FILE, Close> file_;
    Codec codec_;
    char trouble_[128] = "";
    std::vector<std::byte> whole_;
    int next_ = 0;
};

}  // namespace

std::unique_ptr<Decoder> open_png(const std::filesystem::path& path, bool keep_alpha) {
    return std::make_unique<PngDecoder>(path, keep_alpha);
}

}  // namespace atelier::pipelines::sky
