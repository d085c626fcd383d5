#include "pipelines/sky/pixels/encode_png.h"

#include <png.h>

#include "base/error.h"

namespace atelier::pipelines::sky {

std::string encode_png(const std::byte* pixels, int width, int height, Mode mode) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = mode == Mode::rgba ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
    std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
    png_alloc_size_t size = bytes.size();
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr) == 0)
        throw Error(Error::Kind::internal, std::string("cannot write a PNG: ") + image.message);
    bytes.resize(size);
    return bytes;
}

}  // namespace atelier::pipelines::sky
