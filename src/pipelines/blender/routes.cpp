// Render tasks over HTTP: a scene comes in, its film or frames go out.
#include "pipelines/blender/routes.h"

#include <fmt/format.h>

#include <cmath>

#include "api/answers.h"
#include "api/door.h"
#include "api/offload.h"
#include "api/receive.h"
#include "base/text.h"
#include "http/message.h"
#include "pipelines/blender/scene_intake.h"
#include "pipelines/blender/task_result.h"
#include "pipelines/blender/task_scheduler.h"

namespace atelier::pipelines::blender {

namespace {

using api::Access;
using api::answer;
using api::Call;
using http::Response;
using http::Task;

constexpr int analysts = 2;  // threads that look at scenes: so many at a time

struct RenderTasks {
    explicit RenderTasks(farm::Farm& farm) : scheduler(farm), results(farm), looking(analysts) {}

    TaskScheduler scheduler;
    TaskResults results;
    api::Offload looking;
};

struct TaskKeyAnswer {
    std::string TaskKey;
};
BOOST_DESCRIBE_STRUCT(TaskKeyAnswer, (), (TaskKey))

struct TaskList {
    std::vector<RenderTask> tasks;
    std::string next;
};
BOOST_DESCRIBE_STRUCT(TaskList, (), (tasks, next))

struct ProgressAnswer {
    RenderStage stage = RenderStage::Uploading;
    std::optional<double> progress;  // of this stage, where it makes sense
    double total = 0;
    std::vector<WorkerProgress> workers;
};
BOOST_DESCRIBE_STRUCT(ProgressAnswer, (), (stage, progress, total, workers))

ProgressAnswer progress_of(const RenderTask& task) {
    const RenderProgress simple = task.progress_simple();
    ProgressAnswer progress{simple.stage, simple.stage_progress, simple.total_progress, task.progress_detailed()};
    if (std::isinf(simple.stage_progress)) progress.progress.reset();
    return progress;
}

// As the one who asks reached this server.
void put_server(const Call& call, RenderTask& task) {
    const std::string host(call.request.header("host").value_or(""));
    const std::size_t colon = host.find_last_of(":]");
    const bool has_port = colon != std::string::npos && host[colon] == ':';
    task.FileServerAddress = printable(has_port ? host.substr(0, colon) : host);
    const int usual = call.request.is_secure ? 443 : 80;
    task.FileServerPort = has_port ? static_cast<int>(parse_int(host.substr(colon + 1)).value_or(usual)) : usual;
}

// A task of somebody else isn't there.
RenderTask task_of(Call& call, RenderTasks& tasks) {
    auto task = tasks.scheduler.task(call["TaskKey"]);
    if (!task || !api::may_look(call.caller, task->owner))
        throw Error(Error::Kind::not_found, "there is no render task " + printable(call["TaskKey"]));
    put_server(call, *task);
    return *task;
}

// ---- in

// id: of the task, as soon as there is one.
Task<void> take_scene(Call& call, RenderTasks& tasks, std::string& id) {
    std::optional<SceneIntake> intake;
    const std::function<void()> begin = [&] {
        api::require_schedule(call);
        const auto made = tasks.scheduler.init_new_task(call.caller.user);
        id = made.id;
        intake.emplace(call.request, made.path, call.caller.is_admin());
    };
    co_await call.context.offload.run(begin);
    const auto length = call.request.body->length();
    const std::function<void(std::string_view)> take = [&](std::string_view piece) {
        intake->take(piece);
        tasks.scheduler.received(id, intake->received(), length);
    };
    co_await api::receive(call, take);
    const std::function<void()> look = [&] {
        tasks.scheduler.run_task(id, intake->finish());
        call.context.accounts.note(call.caller.user, call.request.peer, "render task", id);
    };
    co_await tasks.looking.run(look);
}

Task<Response> run_task(Call& call, RenderTasks& tasks) {
    TaskKeyAnswer made;
    std::exception_ptr problem;
    try {
        co_await take_scene(call, tasks, made.TaskKey);
    } catch (...) {
        problem = std::current_exception();
    }
    if (problem) {  // nothing is left of what broke off
        const std::function<void()> forget = [&] { tasks.scheduler.forget(made.TaskKey); };
        co_await call.context.offload.run(forget);
        std::rethrow_exception(problem);
    }
    Response response = answer(made, 201);
    response.with("Location", "/api/render-tasks/" + made.TaskKey + "/");
    co_return response;
}

// ---- looked at

Response list(Call& call, RenderTasks& tasks) {
    const std::string owner = call.caller.role == accounts::Role::admin ? "" : call.caller.user;
    RenderTaskPage page =
        tasks.scheduler.tasks(owner, call.limit(100, 1000), call.request.asked("cursor").value_or(""));
    for (RenderTask& task : page.tasks)
        put_server(call, task);
    return answer(TaskList{std::move(page.tasks), std::move(page.next)});
}

Response show(Call& call, RenderTasks& tasks) { return answer(task_of(call, tasks)); }

Response progress(Call& call, RenderTasks& tasks) {
    return answer(progress_of(tasks.scheduler.with_workers(task_of(call, tasks))));
}

// ---- out

Response not_yet(const RenderTask& task) {
    const bool is_over = has_ended(task.stage);
    const std::string stage = std::string(json::write(task.stage).as_string());
    const Error error(
        Error::Kind::conflict,
        is_over ? fmt::format("the task has no result: {}{}{}", stage, task.message.empty() ? "" : ": ", task.message)
                : fmt::format("the task isn't finished: {}, {:.1f} %", stage, task.progress.total_progress),
        is_over ? "send the scene again" : "ask again later");
    Response response = Response::error(error);
    json::Value body = json::parse(response.content);
    body.as_object()["progress"] = json::write(progress_of(task));
    response.content = json::text(body);
    return response;
}

Response result(Call& call, RenderTasks& tasks) {
    const RenderTask task = task_of(call, tasks);
    if (task.stage != RenderStage::Finished) return not_yet(task);
    const std::string what = call.request.asked("what").value_or(task.film.empty() ? "frames" : "film");
    if (what == "frames") return tasks.results.frames(call.request, task, tasks.scheduler.record(task.TaskID).value());
    if (what != "film") throw Error(Error::Kind::invalid, "'what' is film or frames", {}, "what");
    if (task.film.empty()) throw Error(Error::Kind::not_found, "the task makes no film", "fetch its frames", "what");
    return tasks.results.film(call.request, task);
}

// ---- away

Response remove(Call& call, RenderTasks& tasks) {
    RenderTask task = task_of(call, tasks);
    const bool is_gone = tasks.scheduler.cancel(task);
    call.context.accounts.note(call.caller.user, call.request.peer,
                               is_gone ? "render task delete" : "render task cancel", task.TaskID);
    if (is_gone) return Response::empty();
    auto now = tasks.scheduler.task(task.TaskID);
    if (now)
        put_server(call, *now);
    else
        task.stage = RenderStage::Canceled;  // an upload, whose end was quicker than this answer
    return answer(now.value_or(task));
}

}  // namespace

void add_render_tasks(api::Routes& routes) {
    const auto tasks = std::make_shared<RenderTasks>(routes.context().farm);
    const auto on = [tasks](auto act) { return [tasks, act](Call& call) { return act(call, *tasks); }; };
    const char* key = "as run_task/ told it";
    api::Route& send =
        routes
            .add(http::Method::post, "//api/render-tasks/run_task/", Access::change,
                 "Send a scene to be rendered: a .blend, or a .zip with it and its resources", on(run_task))
            .takes_form()
            .gives_json(api::schema<TaskKeyAnswer>(), 201);
    for (const RenderTaskOption& option : render_task_options())
        send.asks(option.name, option.type, option.what);
    routes.get("//api/render-tasks/", Access::read, "The render tasks, the newest first", on(list))
        .asks("limit", "integer", "at most so many, up to 1000")
        .asks("cursor", "string", "`next` of the page before")
        .gives_json(api::schema<TaskList>());
    routes.get("//api/render-tasks/{TaskKey}/", Access::read, "All that is known of one", on(show))
        .place("TaskKey", key)
        .gives_json(api::schema<RenderTask>());
    routes
        .change(http::Method::get, "//api/render-tasks/{TaskKey}/progress/", Access::read,
                "How far it is: its stage, that stage's progress where it has one, the total, and each worker's part",
                on(progress))
        .place("TaskKey", key)
        .gives_json(api::schema<ProgressAnswer>());
    routes
        .get("//api/render-tasks/{TaskKey}/result/", Access::read,
             "The film, or a zip of the frames; ranges are served. 409 with the progress while it isn't finished",
             on(result))
        .place("TaskKey", key)
        .asks("what", "string", "film or frames; else the film, where there is one")
        .gives_bytes("application/octet-stream")
        .gives_also(206, "the range that was asked for")
        .gives_also(304, "it is the one that If-None-Match names");
    routes
        .change(http::Method::remove, "//api/render-tasks/{TaskKey}/", Access::change,
                "Stop it; one that has ended is removed, with all that it alone holds", on(remove))
        .place("TaskKey", key)
        .gives_json(api::schema<RenderTask>())
        .gives_also(204, "it had ended, and was removed");
}

}  // namespace atelier::pipelines::blender
