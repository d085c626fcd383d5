#include "pipelines/sky/pixels/jpeg.h"

#include <csetjmp>
#include <cstdio>

// libjpeg's header wants it before.
#include <jerror.h>
#include <jpeglib.h>

#include <optional>

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {
namespace {

constexpr int most_scans = 500;  // of a progressive one: each costs a pass over the picture
constexpr unsigned profile_marker = JPEG_APP0 + 2;
constexpr unsigned longest_marker = 0xffff;

// libjpeg ends an error by a jump: no object with a destructor may live between setjmp and the calls below it.
struct Trouble {
    jpeg_error_mgr base;
    std::jmp_buf jump;
    char text[JMSG_LENGTH_MAX];
};

void give_up(j_common_ptr codec) {
    auto* const trouble = reinterpret_cast<Trouble*>(codec->err);
    codec->err->format_message(codec, trouble->text);
    std::longjmp(trouble->jump, 1);
}

// Pixels are missing or wrong after these; what else it warns of can be lived with.
void judge(j_common_ptr codec, int level) {
    if (level >= 0) return;
    switch (codec->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER:
        case JWRN_HUFF_BAD_CODE:
        case JWRN_MUST_RESYNC: give_up(codec);
        default: return;
    }
}

void count_scans(j_common_ptr codec) {
    if (codec->is_decompressor == 0) return;
    if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number > most_scans) ERREXIT(codec, JERR_BAD_PROGRESSION);
}

void say_nothing(j_common_ptr) {}

jpeg_error_mgr* prepare(Trouble& trouble) {
    jpeg_std_error(&trouble.base);
    trouble.base.error_exit = give_up;
    trouble.base.emit_message = judge;
    trouble.base.output_message = say_nothing;
    trouble.text[0] = '\0';
    return &trouble.base;
}

class JpegDecoder final : public Decoder {
public:
    // `bytes`: of the file, when they are in memory already.
    JpegDecoder(std::filesystem::path path, std::optional<std::string> bytes)
        : path_(std::move(path)), bytes_(std::move(bytes)) {
        if (!bytes_) file_.reset(std::fopen(path_.c_str(), "rbe"));
        if (!bytes_ && !file_) throw Error::from_errno("cannot open " + path_.string());
        codec_.err = prepare(trouble_);
        if (!begin()) fail();
        check_size(codec_.image_width, codec_.image_height, path_);
        shape_.width = static_cast<int>(codec_.image_width);
        shape_.height = static_cast<int>(codec_.image_height);
        take_profile();
        if (!choose_output()) fail();
        shape_.channels = codec_.output_components;
        shape_.cmyk = codec_.out_color_space == JCS_CMYK;
    }

    void read(std::byte* row) override {
        if (!started_ && !start()) fail();
        started_ = true;
        if (!read_row(reinterpret_cast<JSAMPROW>(row))) fail();
        if (shape_.cmyk)  // Adobe's way, which is everybody's
            for (std::size_t i = 0; i < shape_.row_bytes(); ++i)
                row[i] = ~row[i];
    }

private:
    [[noreturn]] void fail() {
        if (trouble_.base.msg_code == JERR_NO_BACKING_STORE)
            throw Error(Error::Kind::exhausted,
                        path_.string() + " is a progressive JPEG that needs more than " + format_bytes(most_memory) +
                            " to be decoded",
                        "save it as a baseline JPEG");
        refuse(path_, std::string("it is damaged or ends too early (") + trouble_.text + ")");
    }

    bool begin() {
        if (setjmp(trouble_.jump) != 0) return false;
        jpeg_create_decompress(&codec_);
        codec_.mem->max_memory_to_use = static_cast<long>(most_memory);
        progress_.progress_monitor = count_scans;
        codec_.progress = &progress_;
        if (bytes_)
            jpeg_mem_src(&codec_, reinterpret_cast<const unsigned char*>(bytes_->data()), bytes_->size());
        else
            jpeg_stdio_src(&codec_, file_.get());
        jpeg_save_markers(&codec_, static_cast<int>(profile_marker), longest_marker);
        jpeg_read_header(&codec_, TRUE);
        return true;
    }

    bool choose_output() {
        if (setjmp(trouble_.jump) != 0) return false;
        switch (codec_.jpeg_color_space) {
            case JCS_GRAYSCALE: codec_.out_color_space = JCS_GRAYSCALE; break;
            case JCS_CMYK:
            case JCS_YCCK: codec_.out_color_space = JCS_CMYK; break;
            default: codec_.out_color_space = JCS_RGB;
        }
        codec_.dct_method = JDCT_ISLOW;
        codec_.do_fancy_upsampling = TRUE;
        jpeg_calc_output_dimensions(&codec_);
        return true;
    }

    // Of a progressive one this reads all of the file.
    bool start() {
        if (setjmp(trouble_.jump) != 0) return false;
        jpeg_start_decompress(&codec_);
        return true;
    }

    bool read_row(JSAMPROW row) {
        if (setjmp(trouble_.jump) != 0) return false;
        return jpeg_read_scanlines(&codec_, &row, 1) == 1;
    }

    bool ask_for_profile(JOCTET*& bytes, unsigned& size) {
        if (setjmp(trouble_.jump) != 0) return false;
        return jpeg_read_icc_profile(&codec_, &bytes, &size) != 0;
    }

    void take_profile() {
        JOCTET* bytes = nullptr;
        unsigned size = 0;
        if (ask_for_profile(bytes, size)) icc_profile_.assign(reinterpret_cast<const char*>(bytes), size);
        std::free(bytes);
    }

    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    struct Codec : jpeg_decompress_struct {
        ~Codec() { jpeg_destroy_decompress(this); }
    };

    std::filesystem::path path_;
    std::optional<std::string> bytes_;
    std::unique_ptr<std::FILE, Close> file_;
    Codec codec_{};
    jpeg_progress_mgr progress_{};
    Trouble trouble_{};
    bool started_ = false;
};

// Everything that libjpeg touches, so that nothing of C++ lives where it jumps.
struct Encoding {
    jpeg_compress_struct codec{};
    Trouble trouble{};
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    ~Encoding() {
        jpeg_destroy_compress(&codec);
        std::free(bytes);
    }
};

bool encode(Encoding& encoding, const std::byte* rgb, int width, int height, int quality) {
    if (setjmp(encoding.trouble.jump) != 0) return false;
    jpeg_create_compress(&encoding.codec);
    jpeg_mem_dest(&encoding.codec, &encoding.bytes, &encoding.size);
    encoding.codec.image_width = static_cast<JDIMENSION>(width);
    encoding.codec.image_height = static_cast<JDIMENSION>(height);
    encoding.codec.input_components = 3;
    encoding.codec.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoding.codec);
    jpeg_set_quality(&encoding.codec, quality, TRUE);
    jpeg_start_compress(&encoding.codec, TRUE);
    for (int y = 0; y < height; ++y) {
        auto* row = reinterpret_cast<JSAMPROW>(
            const_cast<std::byte*>(rgb + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * 3));
        jpeg_write_scanlines(&encoding.codec, &row, 1);
    }
    jpeg_finish_compress(&encoding.codec);
    return true;
}

}  // namespace

std::unique_ptr<Decoder> open_jpeg(const std::filesystem::path& path) {
    return std::make_unique<JpegDecoder>(path, std::nullopt);
}

std::unique_ptr<Decoder> open_jpeg_bytes(std::string bytes) {
    return std::make_unique<JpegDecoder>("a JPEG in memory", std::move(bytes));
}

std::string encode_jpeg(const std::byte* rgb, int width, int height, int quality) {
    Encoding encoding;
    encoding.codec.err = prepare(encoding.trouble);
    if (!encode(encoding, rgb, width, height, quality))
        throw Error(Error::Kind::internal, std::string("a JPEG can't be made: ") + encoding.trouble.text);
    return {reinterpret_cast<const char*>(encoding.bytes), encoding.size};
}

}  // namespace atelier::pipelines::sky
