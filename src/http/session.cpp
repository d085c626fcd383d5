#include "http/session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace atelier::http {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t first_capacity = 4096;  // of the inbox; most requests are smaller
constexpr std::size_t content_piece = 64 * 1024;

// Runs it on the pool while the coroutine waits.
template <class Work>
Task<void> on_pool(asio::thread_pool& pool, const Work& work) {
    std::exception_ptr problem;
    const auto start = [&](auto done) {
        asio::post(pool, [&work, &problem, done = std::move(done)]() mutable {
            try {
                work();
            } catch (...) {
                problem = std::current_exception();
            }
            const auto executor = asio::get_associated_executor(done);
            asio::post(executor, std::move(done));
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
    if (problem) std::rethrow_exception(problem);
}

Response no_such_route(const Request& request, const std::vector<Method>& allowed) {
    if (allowed.empty()) {
        const Error error(Error::Kind::not_found, "There is nothing at " + request.path + ".");
        return Response::error(error);
    }
    std::string names;
    for (const Method method : allowed)
        names.append(names.empty() ? "" : ", ").append(name_of(method));
    const Error error(Error::Kind::invalid,
                      std::string(name_of(request.method)) + " isn't for " + request.path + "; " + names + " is.");
    return Response::error(error, 405).with("Allow", names);
}

}  // namespace

class Session::LiveSink final : public Sink {
public:
    LiveSink(Session& session, Framing framing) : session_(session), framing_(framing) {}

    Task<void> write(std::string_view bytes) override {
        if (session_.is_gone_ || session_.is_leaving_) throw Gone();
        if (bytes.empty()) co_return;  // an empty chunk would be the last
        const std::string chunk = framing_ == Framing::chunked ? chunk_of(bytes) : std::string(bytes);
        co_await session_.connection_->write(chunk, session_.around_.limits.body_time);
    }

private:
    Session& session_;
    Framing framing_;
};

Session::Session(Surroundings& around, asio::any_io_executor strand, std::shared_ptr<Connection> connection,
                 std::string peer, bool is_secure)
    : around_(around),
      strand_(std::move(strand)),
      connection_(std::move(connection)),
      peer_(std::move(peer)),
      is_secure_(is_secure) {}

Task<void> Session::run() {
    // The cancellation is a flag that Signal looks at. It lasts: whoever's client has gone, or whose server stops, has
    // no other request. Reads and writes go on until the connection closes.
    const auto filter = asio::enable_total_cancellation();
    co_await asio::this_coro::reset_cancellation_state(filter);
    co_await asio::this_coro::throw_if_cancelled(false);
    try {
        co_await talk();
    } catch (const std::exception&) {  // it is gone, or silent: there is nobody to tell
    }
    connection_->close();
}

Task<void> Session::talk() {
    const auto deadline = steady_clock::now() + around_.limits.header_time;
    co_await connection_->handshake(deadline);
    while (!must_close_) {
        const bool is_there = co_await is_asked();
        if (!is_there) co_return;
        co_await answer_one();
    }
    const bool is_more_coming = !body_ || !body_->is_done();
    co_await connection_->linger(is_more_coming);
}

// Waits for the first byte of a request. False: none will come.
Task<bool> Session::is_asked() {
    if (!connection_->inbox.is_empty()) co_return true;
    if (is_leaving_) co_return false;
    is_idle_ = true;
    const auto deadline = steady_clock::now() + around_.limits.idle_time;
    co_await connection_->readable(deadline);
    is_idle_ = false;
    const std::size_t got = co_await connection_->fill(first_capacity, deadline);
    co_return got > 0;
}

Task<void> Session::answer_one() {
    parser_.emplace(around_.limits.header_bytes);
    body_.reset();
    request_ = Request();
    Response response = co_await answer();
    if (is_gone_) throw Gone();
    if (is_leaving_ || !parser_->has_head() || !parser_->head().keeps_alive) must_close_ = true;
    if (!body_ || !body_->is_worth_draining()) must_close_ = true;
    co_await send(response);
    if (!must_close_) co_await body_->drain();
}

// Whatever goes wrong becomes an answer here, and nowhere else.
Task<Response> Session::answer() {
    std::exception_ptr problem;
    try {
        co_await take_head();
        Response response = co_await handle();
        check_head(response);
        co_return response;
    } catch (...) {
        problem = std::current_exception();
    }
    co_return answer_to(problem);
}

Response Session::answer_to(const std::exception_ptr& problem) {
    const auto unknown = [&](std::string_view what) {
        log::error("An answer to " + request_.path + " failed: " + std::string(what));
        return Response::error(Error(Error::Kind::internal, "Something went wrong in the server.",
                                     "What it was stands in the server's log."));
    };
    try {
        std::rethrow_exception(problem);
    } catch (const Refusal& refusal) {
        return Response::error(refusal, refusal.status());
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::internal) log::error(request_.path + ": " + error.what());
        return Response::error(error);
    } catch (const TimedOut&) {
        must_close_ = true;
        return Response::error(Error(Error::Kind::unavailable, "The request came too slowly."), 408);
    } catch (const Gone&) {
        is_gone_ = true;
        return {};
    } catch (const std::exception& defect) {
        return unknown(defect.what());
    } catch (...) {
        return unknown("not even an exception");
    }
}

Task<void> Session::take_head() {
    const auto deadline = steady_clock::now() + around_.limits.header_time;
    for (;;) {
        const std::size_t used = parser_->take_head(connection_->inbox.bytes());
        connection_->inbox.drop(used);
        if (parser_->has_head()) break;
        const std::size_t held = connection_->inbox.bytes().size();
        const std::size_t capacity = held < first_capacity ? first_capacity : around_.limits.header_bytes + 1;
        const std::size_t got = co_await connection_->fill(capacity, deadline);
        if (got == 0) throw Gone();
    }
    body_.emplace(*connection_, parser_->head(), around_.limits.body_time);
    if (!parser_->head().method) throw Refusal(501, "The server doesn't know this method.");
    request_ = request_of(parser_->head());
    request_.peer = peer_;
    request_.is_secure = is_secure_;
}

Task<Response> Session::handle() {
    Router::Found found = around_.router.find(request_.method, request_.path);
    if (!found.handler) co_return no_such_route(request_, found.allowed);
    request_.places = std::move(found.places);
    if (const auto* plain = std::get_if<Plain>(found.handler))
        co_return co_await handle_plain(*plain, found.most_content);
    co_return co_await handle_waiting(std::get<Waiting>(*found.handler));
}

Task<Response> Session::handle_plain(const Plain& plain, std::size_t most_content) {
    co_await take_content(most_content);
    Response response;
    const auto work = [&] { response = plain(request_); };
    co_await on_pool(around_.pool, work);
    co_return response;
}

// While it is at work, it is noticed when the client goes; what it waits for by a Signal then ends.
template <class Work>
Task<void> Session::interruptibly(const Work& work) {
    may_watch_ = true;
    // Comes about once the work waits: most is done before that.
    if (body_->is_done()) asio::post(strand_, [self = shared_from_this()] { self->start_watch(); });
    body_->on_done = [this] { start_watch(); };
    std::exception_ptr problem;
    try {
        co_await work();
    } catch (...) {
        problem = std::current_exception();
    }
    may_watch_ = false;
    body_->on_done = {};
    end_watch();
    if (problem) std::rethrow_exception(problem);
}

Task<Response> Session::handle_waiting(const Waiting& waiting) {
    request_.body = &*body_;
    Response response;
    const auto work = [&]() -> Task<void> { response = co_await waiting(request_); };
    co_await interruptibly(work);
    co_return response;
}

Task<void> Session::take_content(std::size_t most) {
    const auto check = [&](std::uint64_t size) {
        if (size > most)
            throw Refusal(413, "The body of the request is too large.",
                          "At most " + std::to_string(most) + " bytes are taken here.");
    };
    check(body_->length().value_or(0));
    while (!body_->is_done()) {
        const std::size_t held = request_.content.size();
        request_.content.resize(held + content_piece);
        const std::span<char> into(request_.content.data() + held, content_piece);
        const std::size_t got = co_await body_->read(into);
        request_.content.resize(held + got);
        check(request_.content.size());
    }
}

Task<void> Session::send(Response& response) {
    Manner manner;
    const Head& head = parser_->head();  // not the request: that may not have come about
    manner.is_head = head.method == Method::head;
    manner.is_old = head.is_old;
    const Framing framing = framing_of(response, manner);
    if (framing == Framing::until_close) must_close_ = true;
    manner.keeps_alive = !must_close_;
    around_.requests.fetch_add(1, std::memory_order_relaxed);
    around_.by_class[response.status / 100].fetch_add(1, std::memory_order_relaxed);
    const std::string text = head_text(response, manner);
    const bool has_body = framing != Framing::none && !manner.is_head;
    const bool is_whole = !response.pieces && !response.live;
    const std::string_view content = has_body && is_whole ? std::string_view(response.content) : std::string_view();
    co_await connection_->write(text, content, around_.limits.body_time);
    if (has_body && response.live) co_await send_live(response, framing);
    if (has_body && !response.live && response.pieces) co_await send_pieces(response, framing);
}

// Each piece is made on the pool: it may come from a slow disk. An answer that can't be finished is cut, so that nobody
// takes it for whole.
Task<void> Session::send_pieces(Response& response, Framing framing) {
    std::uint64_t left = response.length.value_or(0);
    const auto patience = around_.limits.body_time;
    for (;;) {
        std::string_view piece;
        const auto work = [&] { piece = response.pieces(); };
        try {
            co_await on_pool(around_.pool, work);
        } catch (const std::exception& defect) {
            log::error("The answer to " + request_.path + " was cut: " + defect.what());
            throw Gone();
        }
        if (piece.empty()) break;
        if (framing == Framing::sized) {
            piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), left)));
            left -= piece.size();
        }
        const std::string chunk = framing == Framing::chunked ? chunk_of(piece) : std::string();
        if (framing == Framing::chunked) piece = chunk;
        co_await connection_->write(piece, patience);
        if (framing == Framing::sized && left == 0) co_return;
    }
    if (framing == Framing::sized && left > 0) throw Gone();
    if (framing == Framing::chunked) co_await connection_->write(last_chunk, patience);
}

Task<void> Session::send_live(Response& response, Framing framing) {
    LiveSink sink(*this, framing);
    const auto work = [&]() -> Task<void> { co_await response.live(sink); };
    try {
        co_await interruptibly(work);
    } catch (const std::exception& problem) {
        if (is_gone_) throw Gone();
        if (!is_leaving_) {
            log::error("The answer to " + request_.path + " was cut: " + problem.what());
            throw Gone();
        }
    }
    if (is_leaving_) must_close_ = true;
    if (framing == Framing::chunked) co_await connection_->write(last_chunk, around_.limits.body_time);
}

void Session::start_watch() {
    if (!may_watch_ || is_watching_ || !body_->is_done()) return;
    is_watching_ = true;
    asio::co_spawn(strand_, watch(shared_from_this(), ++turn_), asio::detached);
}

void Session::end_watch() {
    if (!is_watching_) return;
    is_watching_ = false;
    ++turn_;
    connection_->cancel();
}

Task<void> Session::watch(std::shared_ptr<Session> self, std::uint64_t turn) {
    const bool is_closed = co_await self->connection_->watch();
    if (turn != turn_) co_return;
    is_watching_ = false;
    if (!is_closed) co_return;
    is_gone_ = true;
    interrupt();
}

void Session::interrupt() {
    interruption_.emit(is_aborted_ ? asio::cancellation_type::terminal : asio::cancellation_type::total);
}

void Session::leave() {
    is_leaving_ = true;
    if (is_idle_) return connection_->cancel();
    interrupt();
}

void Session::abort() {
    is_leaving_ = is_gone_ = is_aborted_ = true;
    connection_->close();
    interrupt();
}

}  // namespace atelier::http
