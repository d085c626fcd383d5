// For tests alone: pictures made by formulas.
#pragma once

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfOutputFile.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/files.h"
#include "media/frames.h"
#include "media/picture.h"
#include "media/picture_writer.h"

namespace atelier::media {

using Formula = std::function<float(int x, int y, int channel)>;

inline void write_png(const std::filesystem::path& to, int width, int height, const Formula& formula, int channels = 3,
                      ChannelDepth depth = ChannelDepth::eight) {
    PictureWriter writer(to, {PictureKind::png, width, height, channels, depth, 0});
    std::vector<float> row(static_cast<std::size_t>(width * channels));
    for (int y = 0; y < height; ++y) {
        for (int i = 0; i < width * channels; ++i)
            row[static_cast<std::size_t>(i)] = formula(i / channels, y, i % channels);
        writer.write(row.data());
    }
    writer.finish_png();
}

// All channels as 32-bit floating point, by their names.
inline void write_exr(const std::filesystem::path& to, int width, int height, const std::vector<std::string>& names,
                      const Formula& formula, Imf::PixelType type = Imf::FLOAT) {
    const auto area = static_cast<std::size_t>(width * height);
    std::vector<std::vector<float>> values(names.size(), std::vector<float>(area));
    std::vector<std::vector<half>> halves(names.size(), std::vector<half>(area));
    Imf::Header header(width, height);
    header.compression() = Imf::ZIP_COMPRESSION;
    Imf::FrameBuffer buffer;
    for (std::size_t i = 0; i < names.size(); ++i) {
        for (std::size_t k = 0; k < area; ++k) {
            values[i][k] = formula(static_cast<int>(k) % width, static_cast<int>(k) / width, static_cast<int>(i));
            halves[i][k] = half(values[i][k]);
        }
        const bool narrow = type == Imf::HALF;
        char* const base =
            narrow ? reinterpret_cast<char*>(halves[i].data()) : reinterpret_cast<char*>(values[i].data());
        const std::size_t size = narrow ? sizeof(half) : sizeof(float);
        header.channels().insert(names[i], Imf::Channel(type));
        buffer.insert(names[i], Imf::Slice(type, base, size, size * static_cast<std::size_t>(width)));
    }
    Imf::OutputFile file(to.c_str(), header);
    file.setFrameBuffer(buffer);
    file.writePixels(height);
}

// A picture that is another one in each frame, with enough in it to cost some bytes.
inline Formula moving(int frame) {
    return [frame](int x, int y, int channel) {
        return static_cast<float>((x * 5 + y * 3 + frame * 11 + channel * 60 + (x * y) % 17) % 256);
    };
}

inline FrameFiles write_frames(const std::filesystem::path& folder, const FrameNumbers& frames, int width = 64,
                               int height = 48) {
    const FrameFiles files{folder, FramePattern::parse("frame_####.png")};
    for (const int frame : frames)
        write_png(files.path_of(frame), width, height, moving(frame));
    return files;
}

// The first part of a file is all that is left of it.
inline void cut_file(const std::filesystem::path& path, double part) {
    std::filesystem::resize_file(
        path, static_cast<std::uintmax_t>(static_cast<double>(std::filesystem::file_size(path)) * part));
}

inline void flip_byte(const std::filesystem::path& path, std::size_t at) {
    std::string bytes = read_file(path);
    bytes.at(at) = static_cast<char>(bytes[at] ^ 0x55);
    write_file_durably(path, bytes);
}

}  // namespace atelier::media
