// What became of a job's tasks: attempts, their logs, the events, and what a task waits for.
#include <fmt/format.h>

#include "api/answers.h"
#include "api/door.h"
#include "api/groups.h"
#include "base/id.h"
#include "base/text.h"
#include "farm/log_book.h"

namespace atelier::api {

namespace {

using http::Response;

constexpr std::uint64_t longest_log_answer = 16u << 20;

template <class T>
std::optional<T> asked(const Call& call, const char* name) {
    const auto number = call.request.asked_number(name);
    if (!number) return std::nullopt;
    if (!std::in_range<T>(*number)) throw Error(Error::Kind::invalid, std::string(name) + " is out of range", {}, name);
    return static_cast<T>(*number);
}

template <class T>
T number_in(const Call& call, const char* place) {
    const auto number = parse_int(call[place]);
    if (!number || !std::in_range<T>(*number))
        throw Error(Error::Kind::invalid, fmt::format("{} is a number from 0, not {}", place, call[place]), {}, place);
    return static_cast<T>(*number);
}

std::string cursor_of(const wire::AttemptId& id) { return fmt::format("{}.{}.{}", id.step, id.task, id.epoch); }

wire::AttemptId attempt_at(const std::string& cursor) {
    wire::AttemptId id;
    if (cursor.empty()) return id;
    const auto parts = split(cursor, '.');
    const auto number = [&](std::size_t part) { return part < parts.size() ? parse_int(parts[part]) : std::nullopt; };
    const auto step = number(0), task = number(1), epoch = number(2);
    if (parts.size() != 3 || !step || !task || !epoch || !std::in_range<std::uint32_t>(*step) || *task < 0)
        throw Error(Error::Kind::invalid, "the cursor is broken", "begin again without one", "cursor");
    id.step = static_cast<std::uint32_t>(*step);
    id.task = static_cast<std::uint64_t>(*task);
    id.epoch = *epoch;
    return id;
}

Response attempts(Call& call) {
    require_job(call, call["job"]);
    const auto limit = static_cast<std::size_t>(call.limit(100, 1000));
    const auto step = asked<std::uint32_t>(call, "step");
    const auto task = asked<std::uint64_t>(call, "task");
    const wire::AttemptId after = attempt_at(call.request.asked("cursor").value_or(""));
    AttemptPage page;
    call.context.farm.read([&](db::Connection& connection) {
        page.attempts = farm::attempts_of(connection, call["job"], step, task, limit + 1, after);
    });
    if (page.attempts.size() > limit) {
        page.attempts.pop_back();
        page.next = cursor_of(page.attempts.back().id);
    }
    return answer(page);
}

Response attempt(Call& call) {
    require_job(call, call["job"]);
    const wire::AttemptId id{call["job"], number_in<std::uint32_t>(call, "step"),
                             number_in<std::uint64_t>(call, "task"), number_in<std::int64_t>(call, "attempt")};
    std::optional<farm::AttemptRecord> found;
    call.context.farm.read([&](db::Connection& connection) { found = farm::attempt_by_id(connection, id); });
    if (!found)
        throw Error(Error::Kind::not_found, "there is no ended attempt " + wire::to_string(id),
                    fmt::format("/api/v1/jobs/{}/running tells those that run", id.job));
    return answer(*found);
}

Response running(Call& call) {
    require_job(call, call["job"]);
    RunningList list;
    call.context.farm.read(
        [&](db::Connection& connection) { list.running = farm::running_attempts(connection, call["job"]); });
    return answer(list);
}

// A piece of a session's log, from `begin`; an attempt's record tells where its lines stand.
Response log(Call& call) {
    require_job(call, call["job"]);
    const std::string& session = call["session"];
    if (!looks_like_id(session)) throw Error(Error::Kind::not_found, "there is no session " + printable(session));
    const auto begin = asked<std::uint64_t>(call, "begin").value_or(0);
    const auto end = std::min(asked<std::uint64_t>(call, "end").value_or(UINT64_MAX), begin + longest_log_answer);
    std::string text;
    farm::read_log(call.context.farm.layout().logs(), call["job"], session, begin, end,
                   [&](std::string_view piece) { text += piece; });
    return Response::text(std::move(text));
}

Response events(Call& call) {
    require_job(call, call["job"]);
    const auto after = call.request.asked_number("after").value_or(0);
    const int limit = call.limit(100, 10'000);
    EventList list;
    call.context.farm.read(
        [&](db::Connection& connection) { list.events = farm::events_after(connection, after, call["job"], limit); });
    return answer(list);
}

Response why(Call& call) {
    require_job(call, call["job"]);
    const auto& places = call.request.places;
    std::optional<std::uint64_t> task;
    if (places.contains("task")) task = number_in<std::uint64_t>(call, "task");
    const std::string step = places.contains("step") ? call["step"] : "";
    return answer(Why{call.context.farm.why(call["job"], step, task)});
}

}  // namespace

void add_tasks(Routes& routes) {
    routes.get("/jobs/{job}/attempts", Access::read, "What became of its tasks, try by try", attempts)
        .asks("step", "integer", "only of this step, by its number")
        .asks("task", "integer", "only of this task")
        .asks("limit", "integer", "at most so many, up to 1000")
        .asks("cursor", "string", "`next` of the page before")
        .gives_json(schema<AttemptPage>());
    routes.get("/jobs/{job}/attempts/{step}/{task}/{attempt}", Access::read, "One try that has ended", attempt)
        .gives_json(schema<farm::AttemptRecord>());
    routes.get("/jobs/{job}/running", Access::read, "The tries that run now", running)
        .gives_json(schema<RunningList>());
    routes.get("/jobs/{job}/logs/{session}", Access::read, "What a session's tasks said", log)
        .asks("begin", "integer", "the first byte")
        .asks("end", "integer", "the byte after the last; at most 16 MiB are given")
        .gives_bytes("text/plain; charset=utf-8");
    routes.get("/jobs/{job}/events", Access::read, "What happened to it", events)
        .asks("after", "integer", "only those with a higher number")
        .asks("limit", "integer", "at most so many, up to 10000")
        .gives_json(schema<EventList>());
    // Answered by the queue, so by the server that schedules.
    using http::Method;
    routes.change(Method::get, "/jobs/{job}/why", Access::read, "What it waits for", why).gives_json(schema<Why>());
    routes.change(Method::get, "/tasks/{job}/{step}/why", Access::read, "What a step waits for", why)
        .gives_json(schema<Why>());
    routes.change(Method::get, "/tasks/{job}/{step}/{task}/why", Access::read, "What a task waits for", why)
        .gives_json(schema<Why>());
}

}  // namespace atelier::api
