#include "pipelines/blender/image_formats.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::blender {

namespace {

using enum RenderOutputType;

// Those without an argument are of Blenders of long ago; their numbers may still stand in a file.
constexpr std::array table = {
    ImageFormat{TARGA, "TARGA", "TGA", "TARGA", ".tga"},
    ImageFormat{IRIS, "IRIS", "IRIS", "IRIS", ".rgb"},
    ImageFormat{HAMX, "HAMX", "", "", ""},
    ImageFormat{FTYPE, "FTYPE", "", "", ""},
    ImageFormat{JPEG, "JPEG", "JPEG", "JPEG", ".jpg"},
    ImageFormat{MOVIE, "MOVIE", "", "", "", true},
    ImageFormat{IRIZ, "IRIZ", "IRIZ", "", ".rgb"},
    ImageFormat{TARGA_RAW, "TARGA_RAW", "RAWTGA", "TARGA_RAW", ".tga"},
    ImageFormat{AVI_RAW, "AVI_RAW", "AVIRAW", "AVI_RAW", ".avi", true},
    ImageFormat{AVI_JPEG, "AVI_JPEG", "AVIJPEG", "AVI_JPEG", ".avi", true},
    ImageFormat{PNG, "PNG", "PNG", "PNG", ".png"},
    ImageFormat{AVI_CODEC, "AVI_CODEC", "", "", ".avi", true},
    ImageFormat{QUICKTIME, "QUICKTIME", "", "", ".mov", true},
    ImageFormat{BMP, "BMP", "BMP", "BMP", ".bmp"},
    ImageFormat{HDR, "HDR", "HDR", "HDR", ".hdr"},
    ImageFormat{TIFF, "TIFF", "TIFF", "TIFF", ".tif"},
    ImageFormat{OPEN_EXR, "OPEN_EXR", "OPEN_EXR", "OPEN_EXR", ".exr"},
    ImageFormat{FFMPEG, "FFMPEG", "FFMPEG", "FFMPEG", ".mp4", true},
    ImageFormat{FRAMESERVER, "FRAMESERVER", "", "", "", true},
    ImageFormat{CINEON, "CINEON", "CINEON", "CINEON", ".cin"},
    ImageFormat{DPX, "DPX", "DPX", "DPX", ".dpx"},
    ImageFormat{OPEN_EXR_MULTILAYER, "OPEN_EXR_MULTILAYER", "OPEN_EXR_MULTILAYER", "OPEN_EXR_MULTILAYER", ".exr"},
    ImageFormat{DDS, "DDS", "", "", ".dds"},
    ImageFormat{JP2, "JP2", "JP2", "JPEG2000", ".jp2"},
    ImageFormat{H264, "H264", "", "", ".avi", true},
    ImageFormat{XVID, "XVID", "", "", ".avi", true},
    ImageFormat{THEORA, "THEORA", "", "", ".ogv", true},
    ImageFormat{PSD, "PSD", "", "", ".psd"},
    ImageFormat{WEBP, "WEBP", "WEBP", "WEBP", ".webp"},
    ImageFormat{AV1, "AV1", "", "", ".mp4", true},
};

}  // namespace

std::span<const ImageFormat> image_formats() { return table; }

const ImageFormat* find_image_format(int number) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.number() == number; });
    return found == table.end() ? nullptr : &*found;
}

const ImageFormat* find_image_format(std::string_view name) {
    const std::string wanted = lower(name);
    if (wanted.empty()) return nullptr;
    const auto found = std::find_if(table.begin(), table.end(), [&](const ImageFormat& row) {
        return wanted == lower(row.name) || wanted == lower(row.argument) || wanted == lower(row.bpy_name) ||
               (row.type == OPEN_EXR && wanted == "exr") ||
               (row.type == OPEN_EXR_MULTILAYER && wanted == "multilayer") || (row.type == FFMPEG && wanted == "mpeg");
    });
    return found == table.end() ? nullptr : &*found;
}

const ImageFormat& image_format(RenderOutputType type) {
    const ImageFormat* found = find_image_format(static_cast<int>(type));
    if (found == nullptr) throw Error(Error::Kind::internal, "no such image format");
    return *found;
}

}  // namespace atelier::pipelines::blender
