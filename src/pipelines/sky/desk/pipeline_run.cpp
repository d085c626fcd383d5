#include "pipelines/sky/desk/pipeline_run.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/files.h"
#include "cli/exit_status.h"
#include "cli/run.h"
#include "pipelines/sky/desk/pipeline_job.h"
#include "pipelines/sky/work/fetching.h"
#include "pipelines/sky/work/publishing.h"
#include "pipelines/sky/work/reviewing.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t bar_width = 30;

// What a command says while it works: the original's lines, and on a terminal a bar below them.
class Speaker {
public:
    explicit Speaker(cli::Output& output) : output_(output) {}

    Telling telling() {
        Telling tell;
        tell.say = [this](const std::string& line) {
            erase();
            output_.say(line);
            if (!output_.wants_json) output_.out().flush();
        };
        tell.failed = [this](const std::string& id, const Error& error) {
            erase();
            failures_.push_back(json::Object{{"id", id}, {"error", error.what()}, {"hint", error.hint()}});
            output_.warn(id + ": " + error.what());
            if (!error.hint().empty()) output_.warn("  hint: " + error.hint());
        };
        tell.progress = [this](std::size_t done, std::size_t of) { draw(done, of); };
        return tell;
    }

    // The exit status; `what`: "processed".
    int conclude(const std::string& what, const Tally& tally) {
        erase();
        if (tally.failed > 0)
            output_.warn(fmt::format("{} {} of {} images", what, tally.done, tally.done + tally.failed));
        return conclude(json::Object{{"done", tally.done}, {"failed", failures_}}, tally.failed);
    }
    int conclude(json::Object told, std::size_t failed) {
        erase();
        output_.json(told);
        return failed == 0 ? cli::done : cli::failed;
    }
    const json::Array& failures() const { return failures_; }

private:
    void draw(std::size_t done, std::size_t of) {
        if (!output_.terminal() || output_.wants_json || of < 2) return;
        const std::size_t full = bar_width * done / of;
        output_.err() << "\r\033[K[" << std::string(full, '#') << std::string(bar_width - full, '.') << "] " << done
                      << '/' << of << std::flush;
        is_drawn_ = done < of;
        if (!is_drawn_) output_.err() << "\r\033[K" << std::flush;
    }

    void erase() {
        if (std::exchange(is_drawn_, false)) output_.err() << "\r\033[K" << std::flush;
    }

    cli::Output& output_;
    json::Array failures_;
    bool is_drawn_ = false;
};

// The one word of a command that takes a work folder.
void take_work_folder(PipelineRequest& request) {
    if (request.words.size() > 1)
        throw Error(Error::Kind::invalid, "one work folder is expected, not also " + request.words[1]);
    if (!request.words.empty()) request.step.work_folder = request.words.front();
    request.words.clear();
}

void need_words(const PipelineRequest& request, const char* what) {
    if (request.words.empty())
        throw Error(Error::Kind::invalid, std::string("nothing says which images to ") + what,
                    "ids, or patterns such as 'eso*'; the work folder is given by --workdir");
}

// With a place on the command line images go straight through; without one a person approves between.
void choose_way(PipelineRequest& request) {
    request.step.is_reviewed = !request.step.place.is_given();
    if (!request.step.is_reviewed) return check(request.step.place);
    if (!fs::exists(request.step.work_folder / store_config_name)) check(request.step.place);
}

int run_on_farm(const std::string& step, const std::vector<std::string>& ids, const PipelineRequest& request,
                cli::Output& output) {
    cli::RunOptions options;
    options.workers = request.workers;
    options.in_place = true;
    options.dry_run = request.dry_run;
    const cli::Conclusion end = cli::bring_to_end(make_pipeline_job(step, ids, request.step), options, output);
    if (!end.told.is_null()) output.json(end.told);
    return end.status;
}

int run_images(const std::string& step, const std::string& done, const std::vector<std::string>& ids, Steps& steps,
               const PipelineRequest& request, Speaker& speaker, cli::Output& output) {
    if (request.farm && !ids.empty()) return run_on_farm(step, ids, request, output);
    return speaker.conclude(done, steps.run(step, ids));
}

int fetch_direct(const PipelineRequest& request, Steps& steps, Speaker& speaker, cli::Output& output) {
    steps.with_repository();
    const Queue queue = queue_new_images(steps.work(), steps.source(), request.all);
    const auto told = [&](std::size_t done) {
        output.say(fmt::format("queued {} images for processing, out of {} candidates", done, queue.candidates));
    };
    if (request.farm && !queue.ids.empty()) {
        const int status = run_on_farm("fetch", queue.ids, request, output);
        std::size_t here = 0;
        for (const std::string& id : queue.ids)
            here += find_image(steps.work().folder.at(stage::cache_todo, id)) ? 1 : 0;
        told(here);
        return status;
    }
    const Tally tally = steps.run("fetch", queue.ids);
    told(tally.done);
    return speaker.conclude(
        json::Object{{"done", tally.done}, {"failed", speaker.failures()}, {"candidates", queue.candidates}},
        tally.failed);
}

}  // namespace

int run_init(PipelineRequest request, cli::Output& output) {
    take_work_folder(request);
    DataPlace place = request.step.place;
    check(place);
    if (!place.local.empty()) place.local = fs::absolute(place.local).lexically_normal();
    save_data_place(place, request.step.work_folder);
    output.json(json::Object{{"work_folder", fs::absolute(request.step.work_folder).lexically_normal().string()}});
    return cli::done;
}

int run_refresh(PipelineRequest request, cli::Output& output) {
    take_work_folder(request);
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    steps.with_repository();
    const Refreshed told = refresh(steps.work(), steps.source(), request.all);
    output.say(fmt::format("analyzed {} candidates from the image source", told.candidates));
    output.say(fmt::format("  - {} processing candidates saved", told.saved));
    output.say(fmt::format("  - {} rejected as definitely unusable", told.rejected));
    output.say(fmt::format("  - {} were already done", told.published));
    output.say(fmt::format("  - {} were already marked to be ignored", told.ignored));
    output.say("\nSee the `candidates` directory for candidate image IDs.");
    return speaker.conclude(json::Object{{"candidates", told.candidates},
                                         {"saved", told.saved},
                                         {"rejected", told.rejected},
                                         {"published", told.published},
                                         {"ignored", told.ignored}},
                            0);
}

int run_fetch(PipelineRequest request, cli::Output& output) {
    if (request.step.place.is_given()) take_work_folder(request);
    choose_way(request);
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    if (!request.step.is_reviewed) return fetch_direct(request, steps, speaker, output);
    need_words(request, "fetch");
    const auto ids = steps.work().folder.matching(stage::candidates, request.words, "candidate");
    steps.with_repository();
    steps.config();
    return run_images("fetch", "fetched", ids, steps, request, speaker, output);
}

int run_process(PipelineRequest request, cli::Output& output) {
    take_work_folder(request);
    choose_way(request);
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    steps.with_repository();
    steps.config();
    return run_images("process", "processed", steps.waiting_for("process"), steps, request, speaker, output);
}

int run_approve(PipelineRequest request, cli::Output& output) {
    need_words(request, "approve");
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    steps.with_repository();
    return speaker.conclude("approved", approve(steps.work(), steps.config(), request.words));
}

int run_reject(PipelineRequest request, cli::Output& output) {
    need_words(request, "reject");
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    return speaker.conclude("rejected", reject(steps.work(), request.words, request.reason));
}

int run_publish(PipelineRequest request, cli::Output& output) {
    take_work_folder(request);
    choose_way(request);
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    steps.with_repository();
    return run_images("publish", "published", steps.waiting_for("publish"), steps, request, speaker, output);
}

int run_reindex(PipelineRequest request, cli::Output& output) {
    take_work_folder(request);
    if (!request.step.place.is_given()) choose_way(request);
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    steps.with_repository();
    steps.config();
    if (request.farm) return run_on_farm("reindex", {}, request, output);
    return speaker.conclude("indexed", reindex(steps.work(), steps.config()));
}

int run_ignore_rejects(PipelineRequest request, cli::Output& output) {
    take_work_folder(request);
    Speaker speaker(output);
    Steps steps(request.step, speaker.telling());
    const std::size_t count = ignore_rejects(steps.with_repository());
    if (count > 1) output.say(fmt::format("\nmarked a total of {} images to be permanently ignored", count));
    return speaker.conclude(json::Object{{"ignored", count}}, 0);
}

}  // namespace atelier::pipelines::sky
