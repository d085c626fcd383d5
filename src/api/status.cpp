// What the server tells of itself: that it is well, figures, events as they come, and this interface.
#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>

#include "api/answers.h"
#include "api/door.h"
#include "api/events.h"
#include "api/groups.h"
#include "base/text.h"

namespace atelier::api {

namespace {

using http::Response;
using http::Task;

constexpr std::chrono::milliseconds sign_of_life{15'000};  // proxies close what is silent for long
constexpr int most_caught_up = 1000;

struct About {
    std::string name = "Atelier";
    int protocol = wire::protocol_number;
    bool schedules = true;  // this server, or another one of the same database
};
BOOST_DESCRIBE_STRUCT(About, (), (name, protocol, schedules))

struct Health {
    std::string status = "well";
};
BOOST_DESCRIBE_STRUCT(Health, (), (status))

Response about(Call& call) {
    About about;
    about.schedules = call.context.farm.schedules();
    return answer(about);
}

Response document(Call& call) { return Response::text(*call.context.document, "application/json"); }

// Well means: the database answers, and the store can be written.
Response health(Call& call) {
    call.context.farm.read([](db::Connection& connection) { connection.row<int>("SELECT 1"); });
    if (::access(call.context.farm.layout().store().c_str(), W_OK) != 0)
        throw Error(Error::Kind::unavailable, "the store can't be written");
    return answer(Health{});
}

std::uint64_t resident_memory() {
    unsigned long pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void add_metric(std::string& text, std::string_view name, std::string_view help, std::string_view type) {
    text += fmt::format("# HELP atelier_{} {}\n# TYPE atelier_{} {}\n", name, help, name, type);
}

Response metrics(Call& call) {
    std::string text;
    add_metric(text, "jobs", "Jobs by state", "gauge");
    call.context.farm.read([&](db::Connection& connection) {
        connection.each<farm::JobState, std::int64_t>(
            "SELECT state, count(*) FROM jobs GROUP BY state", [&](farm::JobState state, std::int64_t count) {
                text += fmt::format("atelier_jobs{{state=\"{}\"}} {}\n", lower(farm::name_of(state)), count);
            });
    });
    add_metric(text, "tasks", "Tasks of unfinished jobs by state", "gauge");
    const farm::Figures figures = call.context.farm.figures();
    text += fmt::format("atelier_tasks{{state=\"ready\"}} {}\natelier_tasks{{state=\"leased\"}} {}\n", figures.ready,
                        figures.leased);
    add_metric(text, "workers", "Workers that are heard of", "gauge");
    text += fmt::format("atelier_workers {}\n", figures.workers);
    add_metric(text, "leases_total", "Tasks given to workers since the start", "counter");
    text += fmt::format("atelier_leases_total {}\n", figures.leases);
    add_metric(text, "exchanges_total", "Exchanges with workers since the start", "counter");
    text += fmt::format("atelier_exchanges_total {}\n", figures.exchanges);
    const http::ServerCounts counts = call.context.counts();
    add_metric(text, "http_requests_total", "Requests answered, by class of status", "counter");
    for (int status = 2; status <= 5; ++status)
        text += fmt::format("atelier_http_requests_total{{status=\"{}xx\"}} {}\n", status, counts.by_class[status]);
    add_metric(text, "http_connections", "Connections that are open", "gauge");
    text += fmt::format("atelier_http_connections {}\n", counts.connections);
    add_metric(text, "event_listeners", "Streams of events that are open", "gauge");
    text += fmt::format("atelier_event_listeners {}\n", call.context.events.listeners());
    add_metric(text, "memory_bytes", "Memory of the server", "gauge");
    text += fmt::format("atelier_memory_bytes {}\n", resident_memory());
    return Response::text(std::move(text), "text/plain; version=0.0.4; charset=utf-8");
}

// One listener's stream.
class Stream {
public:
    Stream(Context& context, Events::View view, std::optional<std::int64_t> known)
        : context_(context), view_(std::move(view)), known_(known) {}

    Task<void> run(http::Sink& sink) {
        const auto signal = co_await http::Signal::make();
        std::int64_t joined = 0;
        const auto listener = context_.events.listen(view_, signal, joined);
        const Leaving leaving{context_.events, listener};
        co_await sink.write(": atelier\n\n");
        if (known_) co_await catch_up(sink, joined);
        for (;;) {
            const bool woken = co_await signal->wait(sign_of_life);
            const std::string pieces = woken ? take(*listener) : std::string(": still here\n\n");
            if (!pieces.empty()) co_await sink.write(pieces);
            if (listener->too_slow) co_return;
        }
    }

private:
    struct Leaving {
        Events& events;
        std::shared_ptr<Events::Listener> listener;
        ~Leaving() { events.leave(listener); }
    };

    static std::string take(Events::Listener& listener) {
        std::string pieces;
        const std::lock_guard lock(listener.mutex);
        for (const auto& text : listener.waiting)
            pieces += *text;
        listener.waiting.clear();
        return pieces;
    }

    // What came after the last one that it knows, up to where it joined.
    Task<void> catch_up(http::Sink& sink, std::int64_t joined) {
        std::int64_t after = *known_;
        while (after < joined) {
            std::string pieces;
            std::int64_t seen = joined;
            context_.farm.read([&](db::Connection& connection) {
                const auto events = farm::events_after(connection, after, view_.job, most_caught_up);
                if (events.size() == most_caught_up) seen = events.back().number;
                for (const farm::EventRecord& event : events)
                    if (event.number <= joined && (view_.owner.empty() || view_.owner == event.owner))
                        pieces += event_text(event);
            });
            if (!pieces.empty()) co_await sink.write(pieces);
            after = seen;
        }
    }

    Context& context_;
    Events::View view_;
    std::optional<std::int64_t> known_;
};

Response events(Call& call) {
    Events::View view;
    if (call.caller.role != accounts::Role::admin) view.owner = call.caller.user;
    if (const auto job = call.request.asked("job")) {
        require_job(call, *job);
        view.job = *job;
    }
    std::optional<std::int64_t> known;
    if (const auto header = call.request.header("last-event-id")) known = parse_int(*header);
    if (const auto after = call.request.asked_number("after")) known = *after;
    const auto stream = std::make_shared<Stream>(call.context, std::move(view), known);
    Response response;
    response.with("Content-Type", "text/event-stream").with("X-Accel-Buffering", "no");
    response.live = [stream](http::Sink& sink) { return stream->run(sink); };
    return response;
}

}  // namespace

void add_status(Routes& routes) {
    routes.get("", Access::open, "What this is", about).gives_json(schema<About>());
    routes.get("//healthz", Access::open, "Whether the server is well", health).gives_json(schema<Health>());
    routes.get("//metrics", Access::read, "Figures, for Prometheus", metrics)
        .gives_bytes("text/plain; version=0.0.4; charset=utf-8");
    routes.get("/openapi.json", Access::open, "This description", document).gives_json(schema<json::Value>());
    routes.get("/events", Access::read, "Events as they come (server-sent events; Last-Event-ID is honoured)", events)
        .asks("job", "string", "only of this job")
        .asks("after", "integer", "the number of the last one that is known")
        .gives_bytes("text/event-stream");
}

}  // namespace atelier::api
