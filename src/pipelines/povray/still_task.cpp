// Stills: whole, in bands of rows, and bands joined.
#include <fmt/format.h>

#include <mutex>
#include <thread>

#include "base/error.h"
#include "media/picture.h"
#include "pipelines/povray/bands.h"
#include "pipelines/povray/frame_keep.h"
#include "pipelines/povray/frame_task.h"
#include "process/speaker.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;
using process::Speaker;

namespace {

constexpr const char* state_extension = ".pov-state";

// Draws one picture into the keep's work folder, or goes on with one that an earlier try has begun there.
void draw_picture(const Scene& scene, const FrameKeep& keep, const std::string& name, std::vector<std::string> more,
                  int threads, Messages::Listener listener) {
    if (keep.take_up(name)) return;
    const fs::path drawn = keep.work() / name;
    const fs::path state = fs::path(drawn).replace_extension(state_extension);
    EngineRun run;
    run.threads = threads;
    run.resume = fs::exists(state);
    run.listener = std::move(listener);
    run.more = std::move(more);
    run.more.push_back("+O" + drawn.string());
    const EngineEnd end = run_engine(scene, run);
    if (end.code != 0 && !end.canceled) fs::remove(state);  // the next try begins anew
    if (end.code != 0)
        throw Error(end.canceled ? Error::Kind::unavailable : Error::Kind::invalid,
                    end.canceled ? "it was stopped; what is drawn so far is kept" : end.error);
    keep.finish(drawn, name);
    fs::remove(state);
}

}  // namespace

int draw_still(const StillTask& task, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        const FrameKeep keep(task.scene, task.to.parent_path());
        Messages::Listener listener;
        listener.pixels = [&](double part) { speaker.progress(99 * part); };
        listener.log = [&](std::string_view line) { speaker.log(line); };
        if (fs::exists(keep.work() / task.to.filename().replace_extension(state_extension)))
            speaker.status("going on with the picture that an earlier try has begun");
        draw_picture(task.scene, keep, task.to.filename(), {}, task.threads, std::move(listener));
        speaker.preview(task.to.string());
        speaker.progress(100);
        return 0;
    });
}

int draw_bands(const BandTask& task, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        const FrameKeep keep(task.scene, task.to);
        std::mutex mutex;
        std::exception_ptr wrong;
        double drawn[bands_of_part] = {};
        const auto draw = [&](int number) {
            const Band band =
                band_of(task.part * bands_of_part + number, task.parts * bands_of_part, task.scene.height);
            if (band.height == 0) return;
            Messages::Listener listener;
            listener.pixels = [&, number](double part) {
                const std::lock_guard lock(mutex);
                drawn[number] = part;
                speaker.progress(99 * (drawn[0] + drawn[1]) / bands_of_part);
            };
            listener.log = [&](std::string_view line) { speaker.log(line); };
            draw_picture(task.scene, keep, band.name(task.scene.extension),
                         {fmt::format("+SR{}", band.first + 1), fmt::format("+ER{}", band.first + band.height)}, 1,
                         std::move(listener));
        };
        const auto draw_caught = [&](int number) {
            try {
                draw(number);
            } catch (...) {
                const std::lock_guard lock(mutex);
                wrong = std::current_exception();
            }
        };
        {
            const std::jthread second([&] { draw_caught(1); });
            draw_caught(0);
        }
        if (wrong) std::rethrow_exception(wrong);
        speaker.progress(100);
        return 0;
    });
}

int join_bands(const JoinTask& task, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        const std::string extension = task.to.extension();
        const std::string first = band_of(0, task.parts * bands_of_part, 1).name(extension);
        const media::PictureInfo whole = media::probe_picture(task.from / first);
        std::vector<media::PicturePart> parts;
        for (int number = 0; number < task.parts * bands_of_part; ++number) {
            const Band band = band_of(number, task.parts * bands_of_part, whole.height);
            if (band.height == 0) continue;
            parts.push_back({task.from / band.name(extension), 0, band.first,
                             media::Area{0, band.first, whole.width, band.height}});
        }
        media::join_parts(parts, task.to);
        speaker.preview(task.to.string());
        speaker.progress(100);
        return 0;
    });
}

}  // namespace atelier::pipelines::povray
