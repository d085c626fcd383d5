// What workers ask. Each holds only what belongs to a lease of the worker that asks, and a worker's id belongs to the
// token that used it first.
#include <fmt/format.h>

#include <algorithm>

#include "api/answers.h"
#include "api/groups.h"
#include "api/offload.h"
#include "api/relay.h"
#include "api/waits.h"
#include "base/id.h"
#include "http/parser.h"

namespace atelier::api {

namespace {

using http::Response;
using http::Task;
using wire::ExchangeReply;
using wire::ExchangeRequest;

constexpr std::size_t most_exchange = 16u << 20;
constexpr std::size_t most_log_piece = 4u << 20;
constexpr std::size_t longest_worker = 256;
constexpr std::int64_t longest_wait_ms = 30'000;
constexpr std::size_t piece_size = 64u << 10;

// An admin speaks for any worker.
std::string speaker_of(const Call& call) { return call.caller.is_admin() ? "" : call.caller.token; }

Task<std::string> content_of(http::Request& request, std::size_t most) {
    std::string content;
    const std::uint64_t length = request.body->length().value_or(piece_size);
    std::vector<char> buffer(std::clamp<std::uint64_t>(length, 1, piece_size));
    for (;;) {
        const std::size_t count = co_await request.body->read(buffer);
        if (count == 0) co_return content;
        if (content.size() + count > most)
            throw http::Refusal(413, fmt::format("the body is larger than {} bytes", most));
        content.append(buffer.data(), count);
    }
}

// A token can wait, and be nudged, for its own workers alone.
std::string place_of(const Call& call) {
    const std::string& worker = call["worker"];
    if (worker.size() > longest_worker) throw Error(Error::Kind::invalid, "that is no worker's id", {}, "worker");
    return speaker_of(call) + "/" + worker;
}

std::chrono::milliseconds patience_of(const Call& call) {
    const std::int64_t asked = call.request.asked_number("wait_ms").value_or(0);
    return std::chrono::milliseconds(std::clamp<std::int64_t>(asked, 0, longest_wait_ms));
}

Task<ExchangeReply> tell(Call& call, const std::shared_ptr<const ExchangeRequest>& request) {
    const auto start = [&](auto answer) {
        call.context.farm.post_exchange(request, std::move(answer), speaker_of(call));
    };
    co_return co_await http::later<ExchangeReply>(start);
}

// True when there may be something for the worker, or it has news itself.
Task<bool> wait_for_news(Call& call, const std::string& worker, std::chrono::milliseconds patience) {
    const std::string standing = place_of(call);
    if (call.context.waits.was_nudged(standing)) co_return true;
    const auto signal = co_await http::Signal::make();
    const Waits::Place place(call.context.waits, standing, signal);
    struct Ticket {
        farm::Farm& farm;
        std::uint64_t number;
        const std::string& worker;
        ~Ticket() { farm.stop_awaiting(worker, number); }
    } const ticket{call.context.farm, call.context.farm.await_work(worker, [signal] { signal->notify(); }), worker};
    co_return co_await signal->wait(patience);
}

// A server that doesn't schedule asks the one that does, and does the waiting itself: no thread is held meanwhile.
Task<Response> pass_on(Call& call) {
    call.request.query["wait_ms"] = "0";
    Response response;
    const std::function<void()> work = [&] { response = call.context.relay.send(call.request); };
    co_await call.context.offload.run(work);
    co_return response;
}

Task<Response> exchange(Call& call) {
    const std::string& worker = call["worker"];
    const auto patience = patience_of(call);
    call.request.content = co_await content_of(call.request, most_exchange);
    if (!call.context.farm.schedules()) co_return co_await pass_on(call);
    const auto request = std::make_shared<const ExchangeRequest>(body_of<ExchangeRequest>(call.request));
    if (request->worker != worker)
        throw Error(Error::Kind::invalid, "the path names another worker than the body", {}, "worker");
    ExchangeReply reply = co_await tell(call, request);
    if (reply.tells_nothing() && patience.count() > 0) {
        const bool has_news = co_await wait_for_news(call, worker, patience);
        const auto again = std::make_shared<const ExchangeRequest>(wire::without_results(*request));
        if (has_news) reply = co_await tell(call, again);
    }
    co_return answer(reply);
}

Response nudge(Call& call) {
    call.context.waits.nudge(place_of(call));
    return Response::empty();
}

void require_lease(Call& call) {
    if (!call.context.farm.holds(call["worker"], call["job"], speaker_of(call)))
        throw Error(Error::Kind::conflict,
                    fmt::format("the worker {} holds nothing of job {}", call["worker"], call["job"]),
                    "its leases ran out, or were given away; it should drop what it has of it");
}

Response order(Call& call) {
    require_lease(call);
    wire::Order order;
    call.context.farm.read([&](db::Connection& connection) {
        order.submission = farm::submission_of(connection, call["job"]);
        order.submission.settings = farm::settings_of(connection, call["job"]);
        order.submitted_at = farm::job_by_id(connection, call["job"]).submitted_at;
    });
    return answer(order);
}

Response outputs(Call& call) {
    require_lease(call);
    std::optional<std::uint32_t> before;
    if (const auto asked = call.request.asked_number("before_step")) {
        if (!std::in_range<std::uint32_t>(*asked))
            throw Error(Error::Kind::invalid, "before_step is no step", {}, "before_step");
        before = static_cast<std::uint32_t>(*asked);
    }
    return answer(OutputList{call.context.farm.outputs(call["job"], before)});
}

const std::string& session_of(const Call& call) {
    if (!looks_like_id(call["session"])) throw Error(Error::Kind::invalid, "that is no session", {}, "session");
    return call["session"];
}

Response write_log(Call& call) {
    require_lease(call);
    const auto offset = call.request.asked_number("offset");
    if (!offset || *offset < 0) throw Error(Error::Kind::invalid, "?offset= is missing", {}, "offset");
    call.context.farm.logs().write(call["job"], session_of(call), static_cast<std::uint64_t>(*offset),
                                   call.request.content);
    return Response::empty();
}

Response end_log(Call& call) {
    require_lease(call);
    call.context.farm.logs().end(call["job"], session_of(call));
    return Response::empty();
}

}  // namespace

void add_exchange(Routes& routes) {
    using http::Method;
    routes
        .add(Method::post, "/workers/{worker}/exchange", Access::worker,
             "What a worker has, and what became of its tasks; what it is to do", exchange)
        .asks("wait_ms", "integer", "how long to wait when there is nothing to do, up to 30000")
        .takes_json(schema<ExchangeRequest>(), most_exchange)
        .gives_json(schema<ExchangeReply>());
    routes
        .change(Method::post, "/workers/{worker}/nudge", Access::worker, "Its exchange that waits is answered now",
                nudge)
        .gives_nothing();
    routes.change(Method::get, "/workers/{worker}/jobs/{job}/order", Access::worker, "What to run", order)
        .gives_json(schema<wire::Order>());
    routes.change(Method::get, "/workers/{worker}/jobs/{job}/outputs", Access::worker, "What is there already", outputs)
        .asks("before_step", "integer", "only of those that this step depends on")
        .gives_json(schema<OutputList>());
    Route& log = routes.change(Method::post, "/workers/{worker}/jobs/{job}/logs/{session}", Access::worker,
                               "A piece of a session's log; the same again does no harm", write_log);
    log.asks("offset", "integer", "where it stands in the log").takes_bytes().gives_nothing();
    log.most_content = most_log_piece;
    routes
        .change(Method::post, "/workers/{worker}/jobs/{job}/logs/{session}/end", Access::worker,
                "Nothing more comes of this log", end_log)
        .gives_nothing();
}

}  // namespace atelier::api
