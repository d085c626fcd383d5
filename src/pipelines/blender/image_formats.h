// What a render is written as: the number that stands in a .blend, and the names that go with it. The one table of
// them: the reader, the command line, the REST routes and the render program all ask here.
#pragma once

#include <boost/describe.hpp>
#include <span>
#include <string_view>

namespace atelier::pipelines::blender {

// Each has the number that Blender writes to its files.
enum class RenderOutputType : int {
    TARGA = 0,
    IRIS = 1,
    HAMX = 2,
    FTYPE = 3,
    JPEG = 4,
    MOVIE = 5,
    IRIZ = 7,
    TARGA_RAW = 14,
    AVI_RAW = 15,
    AVI_JPEG = 16,
    PNG = 17,
    AVI_CODEC = 18,
    QUICKTIME = 19,
    BMP = 20,
    HDR = 21,
    TIFF = 22,
    OPEN_EXR = 23,
    FFMPEG = 24,
    FRAMESERVER = 25,
    CINEON = 26,
    DPX = 27,
    OPEN_EXR_MULTILAYER = 28,
    DDS = 29,
    JP2 = 30,
    H264 = 31,
    XVID = 32,
    THEORA = 33,
    PSD = 34,
    WEBP = 35,
    AV1 = 36
};

struct ImageFormat {
    RenderOutputType type = RenderOutputType::PNG;
    std::string_view name;       // "OPEN_EXR": the enumerator's
    std::string_view argument;   // after Blender's `-F`; empty: it takes none, the format is of the past
    std::string_view bpy_name;   // scene.render.image_settings.file_format; empty: it has none
    std::string_view extension;  // ".exr"; a film's depends on its container
    bool film = false;           // one file for all frames: rendered as pictures and merged afterwards

    int number() const { return static_cast<int>(type); }
    bool can_be_rendered() const { return !argument.empty(); }
};

// All, in the order of their numbers.
std::span<const ImageFormat> image_formats();

const ImageFormat& image_format(RenderOutputType type);
const ImageFormat* find_image_format(int number);             // null: no such number
const ImageFormat* find_image_format(std::string_view name);  // any of its names, in any case; null: no such name

BOOST_DESCRIBE_ENUM(RenderOutputType, TARGA, IRIS, HAMX, FTYPE, JPEG, MOVIE, IRIZ, TARGA_RAW, AVI_RAW, AVI_JPEG, PNG,
                    AVI_CODEC, QUICKTIME, BMP, HDR, TIFF, OPEN_EXR, FFMPEG, FRAMESERVER, CINEON, DPX,
                    OPEN_EXR_MULTILAYER, DDS, JP2, H264, XVID, THEORA, PSD, WEBP, AV1)

}  // namespace atelier::pipelines::blender
