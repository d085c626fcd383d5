// Jobs of work units over HTTP: a draft comes into being, takes shared resources and units, and runs; pictures, film
// and statistics come out.
#include "pipelines/povray/routes.h"

#include <fmt/format.h>

#include "api/answers.h"
#include "api/door.h"
#include "api/offload.h"
#include "api/output_file.h"
#include "api/receive.h"
#include "base/text.h"
#include "farm/queries.h"
#include "pipelines/povray/drafts.h"
#include "pipelines/povray/job_json.h"
#include "pipelines/povray/pov_jobs.h"

namespace atelier::pipelines::povray {

namespace {

using api::Access;
using api::answer;
using api::Call;
using http::Response;
using http::Task;

constexpr int disk_threads = 2;  // that lay what is large
constexpr std::size_t most_units_body = 32u << 20;
constexpr std::size_t most_failures_told = 100;
constexpr const char* how_without = "POST …/retry/ draws those alone; a job with allow_gaps has its film without them";

struct Desk {
    explicit Desk(farm::Farm& farm) : drafts(farm), jobs(farm), zips(farm), disk(disk_threads) {}

    Drafts drafts;
    PovJobs jobs;
    api::OutputZips zips;
    api::Offload disk;
};

struct NewJob : JobOptions, UnitFilm {};
BOOST_DESCRIBE_STRUCT(NewJob, (JobOptions, UnitFilm), ())

struct JobAnswer : JobView {
    std::vector<UnitFailure> failures;  // the first of them
};
BOOST_DESCRIBE_STRUCT(JobAnswer, (JobView), (failures))

struct JobList {
    std::vector<JobView> jobs;
    std::string next;
};
BOOST_DESCRIBE_STRUCT(JobList, (), (jobs, next))

struct SharedAnswer {
    std::string path;
    std::uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(SharedAnswer, (), (path, size))

struct UnitsAdded {
    std::string job_id;
    std::vector<std::string> work_unit_ids;
    std::uint64_t units = 0;  // of the job by now
};
BOOST_DESCRIBE_STRUCT(UnitsAdded, (), (job_id, work_unit_ids, units))

struct UnitList {
    std::vector<UnitState> units;
    std::string next;
};
BOOST_DESCRIBE_STRUCT(UnitList, (), (units, next))

struct UnitAnswer {
    WorkUnit work_unit;
    UnitState state;
};
BOOST_DESCRIBE_STRUCT(UnitAnswer, (), (work_unit, state))

struct ImageList {
    std::vector<Image> images;
    std::string next;
};
BOOST_DESCRIBE_STRUCT(ImageList, (), (images, next))

struct FilmAnswer {
    std::string job_id;  // of the job of the farm that makes it
    farm::JobState state = farm::JobState::ready;
    double progress = 0;
    std::string message;
};
BOOST_DESCRIBE_STRUCT(FilmAnswer, (), (job_id, state, progress, message))

// ---- found

[[noreturn]] void refuse_unknown(const Call& call) {
    throw Error(Error::Kind::not_found, "there is no job " + printable(call["job_id"]));
}

// A job of somebody else isn't there.
std::shared_ptr<Draft> draft_at(const Call& call, Desk& desk) {
    if (!call.context.farm.schedules()) return nullptr;  // drafts are in the hands of the one that does
    auto draft = desk.drafts.find(call["job_id"]);
    if (draft && !api::may_look(call.caller, draft->owner)) refuse_unknown(call);
    return draft;
}

UnitJob job_at(const Call& call, Desk& desk) {
    auto job = desk.jobs.find(call["job_id"]);
    if (!job || !api::may_look(call.caller, job->job.owner)) refuse_unknown(call);
    return std::move(*job);
}

std::shared_ptr<Draft> draft_to_change(const Call& call, Desk& desk) {
    if (auto draft = draft_at(call, desk)) return draft;
    job_at(call, desk);
    throw Error(Error::Kind::conflict, "the job " + call["job_id"] + " was started already; nothing can be added");
}

UnitJob job_that_runs(const Call& call, Desk& desk) {
    if (draft_at(call, desk))
        throw Error(Error::Kind::conflict, "the job " + call["job_id"] + " wasn't started",
                    "POST /api/pov-jobs/" + call["job_id"] + "/run/");
    return job_at(call, desk);
}

JobView picture_of(Draft& draft) {
    JobView told;
    told.job_id = draft.id;
    told.name = draft.options.name;
    told.owner = draft.owner;
    told.allow_gaps = draft.options.allow_gaps;
    const std::lock_guard lock(draft.mutex);
    draft.ground->refresh();
    told.units = draft.ground->count();
    return told;
}

JobAnswer details_of(const UnitJob& job, Desk& desk) {
    JobAnswer told{desk.jobs.told(job), {}};
    if (told.failed > 0) told.failures = desk.jobs.failures(job);
    if (told.failures.size() > most_failures_told) told.failures.resize(most_failures_told);
    return told;
}

JobAnswer details_at(const Call& call, Desk& desk) {
    if (const auto draft = draft_at(call, desk)) return {picture_of(*draft), {}};
    return details_of(job_at(call, desk), desk);
}

void note(Call& call, const char* action, const std::string& job) {
    call.context.accounts.note(call.caller.user, call.request.peer, std::string("pov job ") + action, job);
}

// ---- put together

Response begin(Call& call, Desk& desk) {
    const auto wanted = api::body_of<NewJob>(call.request);
    if (wanted.trust && !call.caller.is_admin())
        throw Error(Error::Kind::denied, "only an admin may run work units without the sandbox", "leave out `trust`",
                    "trust");
    const auto draft = desk.drafts.begin(call.caller.user, wanted, wanted);
    note(call, "begin", draft->id);
    return answer(JobAnswer{picture_of(*draft), {}}, 201).with("Location", "/api/pov-jobs/" + draft->id + "/");
}

Task<Response> share(Call& call, Desk& desk) {
    std::optional<Drafts::Arrival> arrival;
    const std::function<void()> open = [&] {
        api::require_schedule(call);
        arrival.emplace(desk.drafts, draft_to_change(call, desk), call["path"], call.request.body->length());
    };
    co_await call.context.offload.run(open);
    const std::function<void(std::string_view)> take = [&](std::string_view piece) { arrival->take(piece); };
    co_await api::receive(call, take);
    bool is_new = false;
    const std::function<void()> keep = [&] { is_new = arrival->keep(); };
    co_await desk.disk.run(keep);
    co_return answer(SharedAnswer{call["path"], arrival->bytes()}, is_new ? 201 : 200);
}

Response add_units(Call& call, Desk& desk) {
    const auto draft = draft_to_change(call, desk);
    const json::Value body = call.request.json();
    std::vector<WorkUnit> units;
    if (body.is_array())
        units = json::read<std::vector<WorkUnit>>(body);
    else
        units.push_back(json::read<WorkUnit>(body));
    if (units.empty()) throw Error(Error::Kind::invalid, "there is no work unit in the list");
    UnitsAdded added{draft->id, {}, 0};
    for (const WorkUnit& unit : desk.drafts.add(*draft, std::move(units)))
        added.work_unit_ids.push_back(unit.work_unit_id);
    added.units = picture_of(*draft).units;
    return answer(added, 201);
}

Task<Response> run(Call& call, Desk& desk) {
    JobAnswer told;
    const std::function<void()> work = [&] {
        api::require_schedule(call);
        const auto draft = draft_to_change(call, desk);
        desk.drafts.run(*draft);
        note(call, "run", draft->id);
        told = details_of(job_at(call, desk), desk);
    };
    co_await desk.disk.run(work);
    co_return answer(told);
}

// ---- looked at

Response list(Call& call, Desk& desk) {
    const std::string owner = call.caller.role == accounts::Role::admin ? "" : call.caller.user;
    const std::string cursor = call.request.asked("cursor").value_or("");
    PovJobs::Page page = desk.jobs.list(owner, call.limit(100, 1000), cursor);
    JobList told;
    if (cursor.empty())
        for (const auto& draft : desk.drafts.all(owner))
            told.jobs.push_back(picture_of(*draft));
    const auto is_told = [&](const JobView& job) {  // it became one of the farm's just now
        return std::any_of(told.jobs.begin(), told.jobs.end(),
                           [&](const JobView& draft) { return draft.job_id == job.job_id; });
    };
    for (JobView& job : page.jobs)
        if (!is_told(job)) told.jobs.push_back(std::move(job));
    told.next = std::move(page.next);
    return answer(told);
}

Response show(Call& call, Desk& desk) { return answer(details_at(call, desk)); }

UnitState state_in_draft(const std::string& id) { return {id, "draft", 0, "", ""}; }

Response units(Call& call, Desk& desk) {
    const auto limit = static_cast<std::size_t>(call.limit(100, 1000));
    const auto first = parse_int(call.request.asked("cursor").value_or("0"));
    if (!first || *first < 0)
        throw Error(Error::Kind::invalid, "the cursor is broken", "begin again without one", "cursor");
    const auto begin = static_cast<std::size_t>(*first);
    UnitList told;
    std::size_t whole = 0;
    if (const auto draft = draft_at(call, desk)) {
        const std::lock_guard lock(draft->mutex);
        draft->ground->refresh();
        whole = draft->ground->count();
        for (std::size_t number = begin; number < whole && told.units.size() < limit; ++number)
            told.units.push_back(state_in_draft(draft->ground->ids()[number]));
    } else {
        const UnitJob job = job_at(call, desk);
        whole = job.plan->units.size();
        if (begin < whole) told.units = desk.jobs.units(job, begin, limit);
    }
    if (begin + limit < whole) told.next = std::to_string(begin + limit);
    return answer(told);
}

[[noreturn]] void refuse_unit(const Call& call) {
    throw Error(Error::Kind::not_found, "there is no work unit " + printable(call["work_unit_id"]));
}

Response unit(Call& call, Desk& desk) {
    const std::string& id = call["work_unit_id"];
    if (const auto draft = draft_at(call, desk)) {
        const std::lock_guard lock(draft->mutex);
        draft->ground->refresh();
        const auto number = draft->ground->number_of(id);
        if (!number) refuse_unit(call);
        return answer(UnitAnswer{work_unit_from_json(draft->ground->text_of(*number)), state_in_draft(id)});
    }
    const UnitJob job = job_at(call, desk);
    const auto& ids = job.plan->units;
    const auto found = std::find(ids.begin(), ids.end(), id);
    if (found == ids.end()) refuse_unit(call);
    const auto number = static_cast<std::size_t>(found - ids.begin());
    return answer(UnitAnswer{desk.jobs.unit(job, number), desk.jobs.units(job, number, 1).at(0)});
}

Response statistics(Call& call, Desk& desk) { return answer(desk.jobs.statistics(job_that_runs(call, desk))); }

// ---- out

// With how far it is beside the error.
Response refused(const Error& error, const JobView& job) {
    Response response = Response::error(error);
    json::Value body = json::parse(response.content);
    body.as_object()["progress"] = json::write(job);
    response.content = json::text(body);
    return response;
}

std::string text_of(const JobView& job) {
    const std::string state(json::write(job.state).as_string());
    return fmt::format("{}, {} of {} work units, {:.1f} %", state, job.succeeded, job.units, job.progress);
}

Response not_yet(const JobView& job) {
    return refused(Error(Error::Kind::conflict, "the job isn't finished: " + text_of(job), "ask again later"), job);
}

// What there is of a draft or a job that hasn't ended: 409.
std::optional<Response> unless_ended(Call& call, Desk& desk, std::optional<UnitJob>& job) {
    if (const auto draft = draft_at(call, desk)) return not_yet(picture_of(*draft));
    job = job_at(call, desk);
    if (!farm::has_ended(job->job.state)) return not_yet(desk.jobs.told(*job));
    return std::nullopt;
}

Response images(Call& call, Desk& desk) {
    PovJobs::ImagePage page = desk.jobs.images(job_that_runs(call, desk), call.limit(1000, 10'000),
                                               call.request.asked("cursor").value_or(""));
    return answer(ImageList{std::move(page.images), std::move(page.next)});
}

Response image(Call& call, Desk& desk) {
    const UnitJob job = job_that_runs(call, desk);
    wire::Output output;
    call.context.farm.read([&](db::Connection& connection) {
        output = farm::artifact_at(connection, job.job.id, output_parameter, call["path"]).output;
    });
    return api::output_file(call.context.farm, call.request, output);
}

Response images_zip(Call& call, Desk& desk) {
    std::optional<UnitJob> job;
    if (auto early = unless_ended(call, desk, job)) return std::move(*early);
    return desk.zips.zip(call.request, job->job.id, PovJobs::image_name, "application/zip");
}

Response video(Call& call, Desk& desk) {
    if (const auto draft = draft_at(call, desk)) return not_yet(picture_of(*draft));
    const UnitJob job = job_at(call, desk);
    const PovJobs::Film film = desk.jobs.film(job);
    if (film.output) {
        const std::string ending = film.output->path.substr(film.output->path.rfind('.'));
        return api::to_be_saved(api::output_file(call.context.farm, call.request, *film.output), job.job.id + ending);
    }
    JobView told = desk.jobs.told(job);
    if (!farm::has_ended(film.maker.state)) {
        told.state = film.maker.state;
        told.progress = film.maker.progress;
        return not_yet(told);
    }
    try {
        require_film(desk.jobs.failures(job), told.units, told.allow_gaps, how_without);
    } catch (const Error& error) {
        return refused(error, told);
    }
    return refused(Error(Error::Kind::conflict, "there is no film" + (film.why_not.empty() ? "" : ": " + film.why_not),
                         "POST here makes one of the pictures that are there"),
                   told);
}

Response make_video(Call& call, Desk& desk) {
    std::optional<UnitJob> job;
    if (auto early = unless_ended(call, desk, job)) return std::move(*early);
    const auto wish = api::body_of<UnitFilm>(call.request);
    try {
        require_film(desk.jobs.failures(*job), job->plan->units.size(), job->plan->allow_gaps, how_without);
    } catch (const Error& error) {
        return refused(error, desk.jobs.told(*job));
    }
    FilmAnswer made;
    made.job_id = desk.jobs.make_film(*job, wish);
    note(call, "film", job->job.id);
    return answer(made, 201);
}

// ---- steered

Response retry(Call& call, Desk& desk) {
    desk.jobs.retry_failed(job_that_runs(call, desk));
    note(call, "retry", call["job_id"]);
    return answer(details_at(call, desk));
}

Response remove(Call& call, Desk& desk) {
    bool is_gone = true;
    if (const auto draft = draft_at(call, desk))
        desk.drafts.remove(*draft);
    else
        is_gone = desk.jobs.cancel(job_at(call, desk));
    note(call, is_gone ? "delete" : "cancel", call["job_id"]);
    return is_gone ? Response::empty() : answer(details_at(call, desk));
}

// A work unit, or a list of them.
json::Object units_schema() {
    return json::Object{{"oneOf", json::Array{api::schema<WorkUnit>(), api::schema<std::vector<WorkUnit>>()}}};
}

}  // namespace

void add_pov_jobs(api::Routes& routes) {
    using http::Method;
    const auto desk = std::make_shared<Desk>(routes.context().farm);
    const auto on = [desk](auto act) { return [desk, act](Call& call) { return act(call, *desk); }; };
    const char* all = "//api/pov-jobs/";
    const auto at = [](const char* rest) { return std::string("//api/pov-jobs/{job_id}/") + rest; };
    const auto of_job = [](api::Route& route) -> api::Route& {
        return route.place("job_id", "as the answer to the first request told it");
    };
    const auto change = [&](Method method, const char* rest, const char* summary, auto act) -> api::Route& {
        return of_job(routes.change(method, at(rest), Access::change, summary, on(act)));
    };
    // Drafts are told by the server that takes them; what jobs made, by any.
    const auto look = [&](const char* rest, const char* summary, auto act) -> api::Route& {
        return of_job(routes.change(Method::get, at(rest), Access::read, summary, on(act)));
    };
    const auto fetch = [&](const char* rest, const char* summary, auto act) -> api::Route& {
        return of_job(routes.get(at(rest), Access::read, summary, on(act)));
    };
    routes.change(Method::post, all, Access::change, "Begin a job: it is a draft until it runs", on(begin))
        .takes_json(api::schema<NewJob>())
        .gives_json(api::schema<JobAnswer>(), 201);
    routes.change(Method::get, all, Access::read, "The jobs of work units: drafts, then the newest first", on(list))
        .asks("limit", "integer", "at most so many, up to 1000")
        .asks("cursor", "string", "`next` of the page before")
        .gives_json(api::schema<JobList>());
    look("", "How far one is, and what failed", show).gives_json(api::schema<JobAnswer>());
    of_job(routes.add(Method::put, at("shared/{path...}"), Access::change,
                      "Share a file with all units of a draft: each finds it at ./shared/PATH", on(share)))
        .place("path", "its name there, with slashes for folders")
        .takes_bytes()
        .gives_json(api::schema<SharedAnswer>(), 201)
        .gives_also(200, "it has replaced one of the same name");
    change(Method::post, "units/", "Add a work unit to a draft, or a list of them: all or none", add_units)
        .takes_json(units_schema(), most_units_body)
        .gives_json(api::schema<UnitsAdded>(), 201);
    look("units/", "The units of a job and their states, a page of them", units)
        .asks("limit", "integer", "at most so many, up to 1000")
        .asks("cursor", "string", "`next` of the page before")
        .gives_json(api::schema<UnitList>());
    look("units/{work_unit_id}/", "One unit as it was sent, and its state", unit)
        .place("work_unit_id", "its id; a slash in it as %2F")
        .gives_json(api::schema<UnitAnswer>());
    of_job(routes.add(Method::post, at("run/"), Access::change, "Run a draft", on(run)))
        .gives_json(api::schema<JobAnswer>());
    change(Method::post, "retry/", "Run the units that failed again, and nothing else", retry)
        .gives_json(api::schema<JobAnswer>());
    fetch("statistics/", "Frames, failures, times and bytes so far", statistics).gives_json(api::schema<Statistics>());
    fetch("images/", "The pictures that are there, a page of them", images)
        .asks("limit", "integer", "at most so many, up to 10000")
        .asks("cursor", "string", "`next` of the page before")
        .gives_json(api::schema<ImageList>());
    fetch("images/{path...}", "One of them, as soon as its unit is done; ranges are served", image)
        .place("path", "its name")
        .gives_bytes("*/*")
        .gives_also(206, "the range that was asked for")
        .gives_also(304, "it is the one that If-None-Match names");
    fetch("images.zip", "All of them, once the job has ended; ranges are served. 409 with the progress before",
          images_zip)
        .gives_bytes("application/zip")
        .gives_also(206, "the range that was asked for")
        .gives_also(304, "it is the one that If-None-Match names");
    fetch("video/", "The film; ranges are served. 409 with the progress while there is none", video)
        .gives_bytes("*/*")
        .gives_also(206, "the range that was asked for")
        .gives_also(304, "it is the one that If-None-Match names");
    change(Method::post, "video/", "Make a film of the pictures of a job that has ended: with gaps, or in another way",
           make_video)
        .takes_json(api::schema<UnitFilm>())
        .gives_json(api::schema<FilmAnswer>(), 201);
    change(Method::remove, "", "Stop it; a draft, and one that has ended, is removed with all that it alone holds",
           remove)
        .gives_json(api::schema<JobAnswer>())
        .gives_also(204, "it is removed");
}

}  // namespace atelier::pipelines::povray
