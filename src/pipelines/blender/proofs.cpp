#include "pipelines/blender/proofs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/ask.h"
#include "media/film_maker.h"
#include "media/picture.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds patience{120};  // EEVEE builds its shaders first

// The cube of Blender's own start, 64x36.
constexpr std::string_view program = R"(
import bpy
scene = bpy.context.scene
scene.render.engine = "{}"
scene.cycles.samples = scene.eevee.taa_render_samples = 1
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 64, 36, 100
scene.render.filepath = "{}"
bpy.ops.render.render(write_still=True)
)";

// The last line that says something.
std::string last_line(const std::string& text) {
    std::string last;
    for (const std::string_view line : split(text, '\n'))
        if (!trim(line).empty() && !line.starts_with("Blender quit")) last = printable(trim(line));
    return last;
}

void render_by(const char* engine, const fs::path& folder) {
    const fs::path picture = folder / "frame.png";
    constexpr const char* display = "EEVEE and Workbench need apt-get install libgl1-mesa-dri libegl1";
    engines::Answer answer;
    try {
        answer = engines::ask({"blender", "-b", "--factory-startup", "--python-exit-code", "1", "--python-expr",
                               fmt::format(fmt::runtime(program), engine, picture.string())},
                              patience);
    } catch (const Error&) {
        throw Error(Error::Kind::not_found, "Blender is missing", "apt-get install blender");
    }
    if (answer.late) throw Error(Error::Kind::unavailable, "Blender hangs", display);
    if (answer.code != 0 || !fs::exists(picture))
        throw Error(Error::Kind::unavailable,
                    fmt::format("Blender ended with {}: {}", answer.code, last_line(answer.text)), display);
    const auto seen = media::measure_picture(picture);
    const bool is_black = std::all_of(seen.channels.begin(), seen.channels.begin() + 3,
                                      [](const auto& channel) { return channel.greatest <= 0; });
    if (is_black) throw Error(Error::Kind::unavailable, "its picture is black", display);
}

void render_cycles(const fs::path& folder) { render_by("CYCLES", folder); }
void render_eevee(const fs::path& folder) { render_by("BLENDER_EEVEE", folder); }
void render_workbench(const fs::path& folder) { render_by("BLENDER_WORKBENCH", folder); }

void make_film(const fs::path& folder) {
    const media::FrameFiles files{folder, media::FramePattern::parse("frame_####.ppm")};
    for (int frame = 1; frame <= 3; ++frame)
        write_file_durably(files.path_of(frame),
                           "P6 64 36 255\n" + std::string(64 * 36 * 3, static_cast<char>(60 * frame)));
    try {
        media::encode_film({files, {1, 2, 3}}, {}, folder / "film.mp4");
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::not_found) throw;
        throw Error(Error::Kind::not_found, "FFmpeg is missing", "apt-get install ffmpeg");
    }
}

}  // namespace

const std::vector<cli::Proof>& proofs() {
    static const std::vector<cli::Proof> all = {{"Cycles", render_cycles},
                                                {"EEVEE", render_eevee},
                                                {"Workbench", render_workbench},
                                                {"a film by FFmpeg", make_film}};
    return all;
}

}  // namespace atelier::pipelines::blender
