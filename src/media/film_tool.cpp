#include "media/film_tool.h"

#include <algorithm>
#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "media/bad_frames.h"
#include "media/film_maker.h"
#include "media/parallel.h"
#include "media/thumbnailer.h"
#include "process/speaker.h"

namespace atelier::media {
namespace {

namespace fs = std::filesystem;
using process::Speaker;

// The rest is for what comes after the last of them.
double percent_of(std::size_t done, std::size_t whole) {
    return 99 * static_cast<double>(done) / static_cast<double>(whole);
}

FrameFiles files_of(const fs::path& folder, const std::string& pattern) {
    return pattern.empty() ? find_frames(folder) : FrameFiles{folder, FramePattern::parse(pattern)};
}

// From the first to the last that is there: what is between them and isn't there is a gap.
FrameNumbers all_between(const FrameFiles& files) {
    const FrameNumbers present = list_frames(files);
    if (present.empty())
        throw Error(Error::Kind::not_found,
                    "there are no frames " + files.pattern.text() + " in " + files.folder.string());
    if (static_cast<std::size_t>(present.back() - present.front()) >= max_frames)
        throw Error(Error::Kind::invalid, "the frames in " + files.folder.string() + " lie too far apart",
                    "say which ones are meant");
    FrameNumbers all;
    for (int frame = present.front(); frame <= present.back(); ++frame)
        all.push_back(frame);
    return all;
}

FrameNumbers frames_of(const std::optional<FrameNumbers>& plan, const FrameFiles& files) {
    return plan ? in_order(*plan, FrameOrder::forward) : all_between(files);
}

FilmPlan plan_of(const FilmTask& task, const FrameFiles& files, FrameNumbers frames, Speaker& speaker) {
    if (!task.allow_gaps) return {files, std::move(frames)};
    const auto missing = missing_frames(frames, list_frames(files));
    if (!missing.empty()) speaker.status("left out, since they are missing: " + name_frames(files.pattern, missing));
    return {files, missing_frames(frames, missing)};
}

std::string film_text(const fs::path& film, const FilmInfo& info) {
    return film.filename().string() + ": " + std::to_string(info.frames) + " frames, " + std::to_string(info.width) +
           "x" + std::to_string(info.height) + ", " + to_string(info.rate) + " per second";
}

int encode(const FilmPlan& plan, const FilmTask& task, Speaker& speaker) {
    const std::size_t whole = plan.frames.size();
    std::size_t told = 0;
    const FilmInfo made = encode_film(plan, task.settings, task.film, [&](std::size_t frames) {
        if (frames == told) return;
        told = frames;
        speaker.progress(percent_of(std::min(frames, whole), whole));
        speaker.status("frame " + std::to_string(std::min(frames, whole)) + " of " + std::to_string(whole));
    });
    speaker.progress(100);
    speaker.status(film_text(task.film, made));
    return 0;
}

json::Value report_of(const FrameFiles& files, std::size_t frames, const std::vector<BadFrame>& bad) {
    json::Array list;
    for (const BadFrame& frame : bad) {
        json::Array reasons;
        for (const auto& reason : frame.reasons)
            reasons.push_back(json::Object{{"kind", to_string(reason.kind)}, {"text", reason.text}});
        list.push_back(json::Object{
            {"frame", frame.frame}, {"name", files.pattern.name_of(frame.frame)}, {"reasons", std::move(reasons)}});
    }
    return json::Object{{"frames", frames}, {"bad", std::move(list)}};
}

std::vector<int> numbers_of(const std::vector<BadFrame>& bad) {
    std::vector<int> numbers;
    for (const BadFrame& frame : bad)
        numbers.push_back(frame.frame);
    return numbers;
}

// Most of them are there: they were made as their frames came in. Frames that can't be read get none: the report says
// why.
void make_thumbnails(const LookTask& task, const FrameFiles& files, const FrameNumbers& frames,
                     const std::function<void()>& done) {
    fs::create_directories(*task.thumbnails);
    const auto make = [&](std::size_t i) {
        update_thumbnail(files.path_of(frames[i]), *task.thumbnails, task.thumbnail);
    };
    in_parallel(frames.size(), make, done);
}

// Of the thumbnails where there are some that are large enough: a frame may be a hundred times as heavy.
void make_sheet(const LookTask& task, const FrameFiles& files, const FrameNumbers& frames, const FrameNumbers& bad) {
    const bool small = task.thumbnails && task.thumbnail.width >= task.sheet_options.cell_width &&
                       task.thumbnail.height >= task.sheet_options.cell_height;
    std::vector<SheetFrame> cells;
    for (const int frame : frames) {
        const bool marked = std::binary_search(bad.begin(), bad.end(), frame);
        const fs::path path = files.path_of(frame);
        cells.push_back({small ? thumbnail_of(path, *task.thumbnails) : path, marked});
    }
    make_contact_sheet(cells, *task.sheet, task.sheet_options);
}

int look(const LookTask& task, Speaker& speaker) {
    const FrameFiles files = files_of(task.folder, task.pattern);
    const FrameNumbers frames = frames_of(task.frames, files);
    const FrameNumbers present = missing_frames(frames, missing_frames(frames, list_frames(files)));
    const std::size_t parts = 1 + (task.thumbnails ? 1 : 0);
    std::size_t done = 0;
    const auto step = [&] { speaker.progress(percent_of(++done, present.size() * parts)); };
    const auto bad = find_bad_frames(files, frames, {}, [&](std::size_t) { step(); });
    const FrameNumbers bad_numbers = numbers_of(bad);
    if (task.thumbnails) make_thumbnails(task, files, present, step);
    if (task.sheet && !present.empty()) make_sheet(task, files, present, bad_numbers);
    if (task.report) write_file_durably(*task.report, json::text(report_of(files, frames.size(), bad)));
    speaker.progress(100);
    if (bad.empty()) {
        speaker.status(std::to_string(frames.size()) + " frames, none of them bad");
        return 0;
    }
    speaker.status(std::to_string(bad.size()) + " of " + std::to_string(frames.size()) +
                   " frames are bad: " + name_frames(files.pattern, bad_numbers));
    if (task.fail_on_bad)
        throw Error(Error::Kind::invalid, std::to_string(bad.size()) + " frames are bad: " +
                                              files.pattern.name_of(bad[0].frame) + ": " + bad[0].reasons[0].text);
    return 0;
}

}  // namespace

int make_film(const FilmTask& task, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        std::optional<FilmPlan> plan;
        try {
            const FrameFiles files = files_of(task.folder, task.pattern);
            plan = plan_of(task, files, frames_of(task.frames, files), speaker);
            if (task.if_any && plan->frames.size() < 2)
                throw Error(Error::Kind::not_found, "there is one picture alone");
            if (task.if_any) check_frames(*plan, task.settings);
        } catch (const Error& error) {
            const bool is_of_the_frames =
                error.kind() == Error::Kind::not_found || error.kind() == Error::Kind::invalid;
            if (!task.if_any || !is_of_the_frames) throw;
            speaker.status(std::string("no film is made: ") + error.what());
            return 0;
        }
        return encode(*plan, task, speaker);
    });
}

int join_chunks(const FilmTask& task, const std::vector<fs::path>& chunks, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        std::optional<std::size_t> frames;
        if (task.frames && !task.allow_gaps) frames = in_order(*task.frames, FrameOrder::forward).size();
        const FilmInfo made = join_films(chunks, task.settings, frames, task.film);
        speaker.progress(100);
        speaker.status(film_text(task.film, made));
        return 0;
    });
}

int look_at_frames(const LookTask& task, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) { return look(task, speaker); });
}

FrameNumbers read_bad_frames(const fs::path& report) {
    FrameNumbers bad;
    if (!fs::exists(report)) return bad;
    const json::Value told = json::parse(read_file(report));
    for (const json::Value& frame : told.at("bad").as_array())
        bad.push_back(frame.at("frame").to_number<int>());
    return in_order(bad, FrameOrder::forward);
}

}  // namespace atelier::media
