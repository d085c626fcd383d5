// Jobs: listed, submitted, steered.
#include "api/answers.h"
#include "api/door.h"
#include "api/groups.h"

namespace atelier::api {

namespace {

using http::Method;
using http::Response;

constexpr std::size_t most_submission = 32u << 20;

JobDetails details_of(Call& call, const std::string& id) {
    JobDetails details;
    call.context.farm.read([&](db::Connection& connection) {
        details.job = farm::job_by_id(connection, id);
        details.steps = farm::steps_of(connection, id);
    });
    return details;
}

farm::JobOrderBy order_named(const std::string& name) {
    if (name == "submitted") return farm::JobOrderBy::submitted;
    if (name == "name") return farm::JobOrderBy::name;
    if (name == "priority") return farm::JobOrderBy::priority;
    throw Error(Error::Kind::invalid, "jobs can't be sorted by " + name,
                "submitted, name, priority; with - before it, "
                "the largest first",
                "sort");
}

farm::JobFilter filter_of(const Call& call) {
    const http::Request& request = call.request;
    farm::JobFilter filter;
    if (const auto state = request.asked("state")) {
        filter.state = farm::job_state_named(*state);
        if (!filter.state) throw Error(Error::Kind::invalid, "there is no state " + *state, {}, "state");
    }
    filter.tag = request.asked("tag").value_or("");
    filter.name = request.asked("name").value_or("");
    filter.with_archived = request.asked("archived") == "true";
    const std::string sort = request.asked("sort").value_or("-submitted");
    filter.ascending = !sort.starts_with('-');
    filter.sort = order_named(filter.ascending ? sort : sort.substr(1));
    filter.limit = call.limit(100, 1000);
    filter.cursor = request.asked("cursor").value_or("");
    filter.owner = request.asked("owner").value_or("");
    if (call.caller.role != accounts::Role::admin) filter.owner = call.caller.user;
    return filter;
}

Response list(Call& call) {
    const farm::JobFilter filter = filter_of(call);
    farm::JobPage page;
    call.context.farm.read([&](db::Connection& connection) { page = farm::list_jobs(connection, filter); });
    return answer(page);
}

// An unfinished job of the same caller that was submitted by the same ask, if it is to be gone on with.
std::optional<std::string> begun_before(Call& call, const wire::Submission& submission) {
    std::optional<std::string> found;
    if (call.request.asked("continue") != "true") return found;
    call.context.farm.read([&](db::Connection& connection) {
        found = farm::unfinished_job_like(connection, submission, call.caller.user);
    });
    return found;
}

Response submit(Call& call) {
    const auto submission = body_of<wire::Submission>(call.request);
    json::Object body;
    if (const auto begun = begun_before(call, submission)) {
        body["job"] = *begun;
        call.context.farm.perform("resume", body);
        return answer(details_of(call, *begun));
    }
    wire::make_order(submission, 0);  // refused here, with every problem, before the farm is asked
    body["submission"] = call.request.json();
    body["owner"] = call.caller.user;
    const std::string id(call.context.farm.perform("submit", body).as_string());
    call.context.accounts.note(call.caller.user, call.request.peer, "job submit", id);
    return answer(details_of(call, id), 201).with("Location", "/api/v1/jobs/" + id);
}

Response show(Call& call) {
    require_job(call, call["job"]);
    return answer(details_of(call, call["job"]));
}

Response find(Call& call) {
    const std::string owner = call.caller.role == accounts::Role::admin ? "" : call.caller.user;
    std::string id;
    call.context.farm.read(
        [&](db::Connection& connection) { id = farm::find_job(connection, call["beginning"], owner); });
    return answer(details_of(call, id));
}

json::Value perform(Call& call, const std::string& verb, json::Object body = {}) {
    require_job(call, call["job"]);
    body["job"] = call["job"];
    json::Value value = call.context.farm.perform(verb, body);
    call.context.accounts.note(call.caller.user, call.request.peer, "job " + verb, call["job"]);
    return value;
}

template <const char* const& Verb>
Response steer(Call& call) {
    perform(call, Verb);
    return answer(details_of(call, call["job"]));
}

constexpr const char* pause_verb = "pause";
constexpr const char* resume_verb = "resume";
constexpr const char* cancel_verb = "cancel";
constexpr const char* archive_verb = "archive";

Response retry(Call& call) {
    json::Object body;
    body["whole"] = !body_of<RetryBody>(call.request).failed_only;
    perform(call, "retry", std::move(body));
    return answer(details_of(call, call["job"]));
}

Response remove(Call& call) {
    perform(call, "delete");
    return Response::empty();
}

wire::Settings settings_of(Call& call) {
    wire::Settings settings;
    call.context.farm.read([&](db::Connection& connection) { settings = farm::settings_of(connection, call["job"]); });
    return settings;
}

Response settings(Call& call) {
    require_job(call, call["job"]);
    return answer(settings_of(call));
}

// What isn't named stays as it is.
Response change_settings(Call& call) {
    require_job(call, call["job"]);
    json::Object body;
    body["settings"] = json::write(body_of(call.request, settings_of(call)));
    perform(call, "settings", std::move(body));
    return answer(settings_of(call));
}

Response submission(Call& call) {
    require_job(call, call["job"]);
    wire::Submission found;
    call.context.farm.read([&](db::Connection& connection) { found = farm::submission_of(connection, call["job"]); });
    return answer(found);
}

}  // namespace

void add_jobs(Routes& routes) {
    const auto one_job = schema<JobDetails>();
    routes.get("/jobs", Access::read, "The jobs, a page of them", list)
        .asks("state", "string", "only those in it")
        .asks("tag", "string", "only those with it")
        .asks("name", "string", "only those whose name has this in it")
        .asks("owner", "string", "only theirs; for admins")
        .asks("archived", "boolean", "those in the archive too")
        .asks("sort", "string", "submitted, name or priority; with - before it, the largest first")
        .asks("limit", "integer", "at most so many, up to 1000")
        .asks("cursor", "string", "`next` of the page before")
        .gives_json(schema<farm::JobPage>());
    routes.change(Method::post, "/jobs", Access::change, "Submit a job", submit)
        .asks("continue", "boolean", "go on with the unfinished job that the same submission began, if there is one")
        .takes_json(schema<wire::Submission>(), most_submission)
        .gives_json(one_job, 201)
        .gives_also(200, "the unfinished one goes on");
    routes.get("/jobs/{job}", Access::read, "A job and its steps", show).gives_json(one_job);
    routes.get("/find/{beginning}", Access::read, "The one job whose id begins so", find).gives_json(one_job);
    routes
        .change(Method::remove, "/jobs/{job}", Access::change, "Remove an ended job, with all that it alone holds",
                remove)
        .gives_nothing();
    routes.change(Method::post, "/jobs/{job}/pause", Access::change, "Start no further tasks of it", steer<pause_verb>)
        .gives_json(one_job);
    routes.change(Method::post, "/jobs/{job}/resume", Access::change, "Go on with it", steer<resume_verb>)
        .gives_json(one_job);
    routes.change(Method::post, "/jobs/{job}/cancel", Access::change, "Stop it for good", steer<cancel_verb>)
        .gives_json(one_job);
    routes.change(Method::post, "/jobs/{job}/archive", Access::change, "Put it out of sight", steer<archive_verb>)
        .gives_json(one_job);
    routes.change(Method::post, "/jobs/{job}/retry", Access::change, "Run what failed again, or all of it", retry)
        .takes_json(schema<RetryBody>())
        .gives_json(one_job);
    routes.get("/jobs/{job}/settings", Access::read, "Its settings, as they are now", settings)
        .gives_json(schema<wire::Settings>());
    routes
        .change(Method::patch, "/jobs/{job}/settings", Access::change, "Change its settings; what isn't named stays",
                change_settings)
        .takes_json(schema<wire::Settings>())
        .gives_json(schema<wire::Settings>());
    routes.get("/jobs/{job}/submission", Access::read, "What was submitted", submission)
        .gives_json(schema<wire::Submission>());
}

}  // namespace atelier::api
