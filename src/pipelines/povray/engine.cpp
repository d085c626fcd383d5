#include "pipelines/povray/engine.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "media/picture.h"
#include "process/child.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

constexpr int code_canceled = 2;

// The libraries of POV-Ray's that a scene may name by whole paths.
bool is_own_library(const fs::path& path) { return path.string().starts_with("/usr/share/povray"); }

bool leads_out(const fs::path& path) {
    if (path.is_absolute()) return !is_own_library(path);
    return path.lexically_normal().string().starts_with("..");
}

std::string about_walls(const Complaint& complaint) {
    const auto path = path_in(complaint);
    if (!path || !leads_out(*path)) return {};
    return fmt::format(
        "; the scene reaches out of its folder, to {}, and its sandbox doesn't let it (--library FOLDER lets it read "
        "there, --trust runs a scene without the sandbox)",
        printable(*path));
}

// As the person knows it: below the folder of the scene, or of a library.
Complaint with_short_name(Complaint complaint, const Scene& scene) {
    for (const fs::path& library : scene.libraries) {
        const std::string folder = library.string() + "/";
        if (complaint.file.starts_with(folder)) complaint.file.erase(0, folder.size());
    }
    return complaint;
}

std::vector<std::string> arguments_of(const Scene& scene, const EngineRun& run) {
    std::vector<std::string> argv{"povray"};
    if (!scene.settings.empty()) argv.push_back(scene.settings.string());
    argv.push_back("+I" + scene.file.string());
    for (const fs::path& library : scene.libraries)
        argv.push_back("+L" + library.string());
    argv.insert(argv.end(), {"-D", "+V", "-GD", "-GR", "-GS", "-P", "+WT" + std::to_string(run.threads)});
    argv.insert(argv.end(), run.more.begin(), run.more.end());
    if (run.resume) argv.emplace_back("+C");
    return argv;
}

}  // namespace

EngineEnd run_engine(const Scene& scene, const EngineRun& run) {
    Messages messages(run.listener);
    process::ChildStreams streams;
    streams.complaint = [&](std::string_view line) { messages.take(line); };
    const process::ChildEnd end = process::run_child(arguments_of(scene, run), streams);
    messages.finish();
    EngineEnd result{end.code, end.code == code_canceled || end.code > 128 || messages.was_canceled(), {}};
    if (end.code == 0) return result;
    if (const auto error = messages.error()) {
        result.error = to_string(with_short_name(*error, scene));
        while (result.error.ends_with('.'))
            result.error.pop_back();
        if (scene.walled) result.error += about_walls(*error);
    } else {
        result.error = end.code > 128 ? fmt::format("POV-Ray was ended by signal {}", end.code - 128)
                                      : fmt::format("POV-Ray ended with {} and said nothing of why", end.code);
    }
    return result;
}

void check_picture(const Scene& scene, const fs::path& picture) {
    if (!fs::exists(picture))
        throw Error(Error::Kind::internal, "POV-Ray ended well, but wrote no " + picture.filename().string());
    const media::PictureInfo info = media::probe_picture(picture);
    if ((scene.width > 0 && info.width != scene.width) || (scene.height > 0 && info.height != scene.height))
        throw Error(Error::Kind::internal,
                    fmt::format("{} has {}x{} pixels instead of {}x{}", picture.filename().string(), info.width,
                                info.height, scene.width, scene.height));
}

}  // namespace atelier::pipelines::povray
