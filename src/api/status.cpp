// What the server tells of itself: that it is well, figures, events as they come, and this interface.
#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>

#include "api/answers.h"
#include "api/door.h"
#include "api/events.h"
#include "api/groups.h"
#include "api/offload.h"
#include "base/text.h"

namespace atelier::api {

namespace {

using http::Response;
using http::Task;

constexpr std::chrono::milliseconds sign_of_life{15'000};  // proxies close what is silent for long
constexpr double seconds_between_checks = 5;               // of whether a listener may still listen
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

// What a caller may see of the events.
Events::View view_for(const accounts::Caller& caller) {
    Events::View view;
    if (caller.role != accounts::Role::admin) view.owner = caller.user;
    return view;
}

// One listener's stream.
class Stream {
public:
    // credentials: a request of the listener's with its headers; they may cease to count while it listens.
    Stream(Context& context, http::Request credentials, Events::View view, std::optional<std::int64_t> known)
        : context_(context), credentials_(std::move(credentials)), view_(std::move(view)), known_(known) {}

    Task<void> run(http::Sink& sink) {
        const auto signal = co_await http::Signal::make();
        std::shared_ptr<Events::Listener> listener;
        const std::function<void()> join = [&] {
            listener = context_.events.listen(view_, signal, known_.value_or(0));
        };
        co_await context_.offload.run(join);
        const Leaving leaving{context_.events, listener};
        co_await sink.write(": atelier\n\n");
        if (known_) co_await catch_up(sink, listener->joined);
        Steady checked = system_clock().steady();
        for (;;) {
            const bool woken = co_await signal->wait(sign_of_life);
            if (seconds_between(checked, system_clock().steady()) >= seconds_between_checks) {
                const bool welcome = co_await is_still_welcome();
                if (!welcome) co_return;
                checked = system_clock().steady();
            }
            const Taken taken = take(*listener);
            const bool is_silent = !woken && taken.text.empty();
            const std::string_view text = is_silent ? ": still here\n\n" : std::string_view(taken.text);
            if (!text.empty()) co_await sink.write(text);
            if (taken.is_last) co_return;
        }
    }

private:
    struct Leaving {
        Events& events;
        std::shared_ptr<Events::Listener> listener;
        ~Leaving() { events.leave(listener); }
    };

    struct Taken {
        std::string text;
        bool is_last = false;
    };

    static Taken take(Events::Listener& listener) {
        Taken taken;
        const std::lock_guard lock(listener.mutex);
        for (const auto& text : listener.waiting)
            taken.text += *text;
        listener.waiting.clear();
        taken.is_last = listener.too_slow;
        return taken;
    }

    // A token may be revoked, a role taken away: then it may come again, and see what it may see now.
    Task<bool> is_still_welcome() {
        bool welcome = false;
        const std::function<void()> look = [&] {
            try {
                const accounts::Caller caller = let_in(credentials_, Access::read, context_.accounts);
                welcome = view_for(caller).owner == view_.owner;
            } catch (const Error& error) {
                welcome = error.kind() != Error::Kind::denied;  // what can't be looked up just now isn't taken away
            }
        };
        co_await context_.offload.run(look);
        co_return welcome;
    }

    // What came after the last one that it knows, up to where it joined.
    Task<void> catch_up(http::Sink& sink, std::int64_t joined) {
        std::int64_t after = *known_;
        while (after < joined) {
            std::string pieces;
            std::int64_t seen = joined;
            const std::function<void()> read = [&] {
                context_.farm.read([&](db::Connection& connection) {
                    const auto events = farm::events_after(connection, after, view_.job, most_caught_up);
                    if (events.size() == most_caught_up) seen = events.back().number;
                    for (const farm::EventRecord& event : events)
                        if (event.number <= joined && (view_.owner.empty() || view_.owner == event.owner))
                            pieces += event_text(event);
                });
            };
            co_await context_.offload.run(read);
            if (!pieces.empty()) co_await sink.write(pieces);
            after = seen;
        }
    }

    Context& context_;
    http::Request credentials_;
    Events::View view_;
    std::optional<std::int64_t> known_;
};

std::optional<std::int64_t> last_known(const http::Request& request) {
    if (const auto after = request.asked_number("after")) return after;
    const auto header = request.header("last-event-id");
    if (!header) return std::nullopt;
    const auto number = parse_int(*header);
    if (!number)
        throw Error(Error::Kind::invalid, "Last-Event-ID is no event's number", "leave it out to begin with what comes",
                    "Last-Event-ID");
    return number;
}

Response events(Call& call) {
    Events::View view = view_for(call.caller);
    if (const auto job = call.request.asked("job")) {
        require_job(call, *job);
        view.job = *job;
    }
    http::Request credentials;
    credentials.headers = call.request.headers;
    const auto stream =
        std::make_shared<Stream>(call.context, std::move(credentials), std::move(view), last_known(call.request));
    Response response;
    response.with("Content-Type", "text/event-stream").with("X-Accel-Buffering", "no");
    response.live = [stream](http::Sink& sink) { return stream->run(sink); };
    return response;
}

}  // namespace

void add_status(Routes& routes) {
    routes.get("", Access::open, "What this is", about).gives_json(schema<About>());
    routes.get("//healthz", Access::open, "Whether the server is well", health).gives_json(schema<Health>());
    routes.get("//metrics", Access::watch, "Figures, for Prometheus", metrics)
        .gives_bytes("text/plain; version=0.0.4; charset=utf-8");
    routes.get("/openapi.json", Access::open, "This description", document).gives_json(schema<json::Value>());
    routes.get("/events", Access::read, "Events as they come (server-sent events; Last-Event-ID is honoured)", events)
        .asks("job", "string", "only of this job")
        .asks("after", "integer", "the number of the last one that is known")
        .gives_bytes("text/event-stream");
}

}  // namespace atelier::api
