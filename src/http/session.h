// One client at the server: its requests one after the other, each led to its handler, and the answers in the same
// order. All of it runs on the connection's strand, but for plain handlers, which run on the pool.
#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <memory>
#include <optional>

#include "http/connection.h"
#include "http/parser.h"
#include "http/request_body.h"
#include "http/response_head.h"
#include "http/router.h"
#include "http/server.h"

namespace atelier::http {

// What the sessions of a server share.
struct Surroundings {
    const Router& router;
    Limits limits;
    boost::asio::thread_pool pool;
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> by_class[6] = {};

    Surroundings(const Router& the_router, const Limits& the_limits, int workers)
        : router(the_router), limits(the_limits), pool(static_cast<std::size_t>(workers)) {}
};

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Surroundings& around, boost::asio::any_io_executor strand, std::shared_ptr<Connection> connection,
            std::string peer, bool is_secure);

    // Until the connection ends; throws nothing. Whoever spawns it binds it to the interruption.
    Task<void> run();
    boost::asio::cancellation_slot interruption() { return interruption_.slot(); }

    // On the strand. Soft: what is being answered may finish, but nothing waits any longer and nothing new begins.
    void leave();
    void abort();

private:
    Task<void> talk();
    Task<bool> is_asked();
    Task<void> answer_one();
    Task<Response> answer();
    Task<Response> handle();
    Task<void> take_head();
    Task<Response> handle_plain(const Plain& plain, std::size_t most_content);
    Task<Response> handle_waiting(const Waiting& waiting);
    Task<void> take_content(std::size_t most);
    Response answer_to(const std::exception_ptr& problem);

    Task<void> send(Response& response);
    Task<void> send_pieces(Response& response, Framing framing);
    Task<void> send_live(Response& response, Framing framing);

    template <class Work>
    Task<void> interruptibly(const Work& work);
    Task<void> watch(std::shared_ptr<Session> self, std::uint64_t turn);
    void start_watch();
    void end_watch();
    void interrupt();

    class LiveSink;

    Surroundings& around_;
    boost::asio::any_io_executor strand_;
    std::shared_ptr<Connection> connection_;
    std::string peer_;
    bool is_secure_;

    std::optional<Parser> parser_;
    std::optional<RequestBody> body_;
    Request request_;
    boost::asio::cancellation_signal interruption_;
    std::uint64_t turn_ = 0;  // of those who watch; an old one has nothing to say
    bool is_watching_ = false;
    bool may_watch_ = false;  // a handler or a live answer is at work
    bool is_idle_ = false;    // between two requests
    bool is_leaving_ = false;
    bool is_aborted_ = false;
    bool is_gone_ = false;
    bool must_close_ = false;  // after this answer
};

}  // namespace atelier::http
