// The server, over real sockets: what it answers, and in which order.
#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/testing.h"
#include "http/test_server.h"

namespace atelier::http {
namespace {

using testing_support::eventually;
using testing_support::get;
using testing_support::post;
using testing_support::ServerTest;
using testing_support::Wire;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t times(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

TEST_F(ServerTest, AnswersSeveralRequestsOnOneConnection) {
    start();
    Wire client = wire();
    for (int i = 0; i < 3; ++i) {
        client.say(get("/hello"));
        const std::string answer = client.hear_until("hello");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
        EXPECT_TRUE(has(answer, "Content-Length: 5\r\n"));
        EXPECT_TRUE(has(answer, "Cache-Control: no-store\r\n"));
        EXPECT_TRUE(has(answer, "X-Content-Type-Options: nosniff\r\n"));
        EXPECT_TRUE(has(answer, "Date: "));
        EXPECT_FALSE(has(answer, "Server:"));
        EXPECT_FALSE(has(answer, "Connection:"));
    }
    EXPECT_EQ(server->counts().connections, 1u);
    EXPECT_EQ(server->counts().requests, 3u);
    EXPECT_EQ(server->counts().by_class[2], 3u);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
    start();
    Wire client = wire();
    std::string all;
    for (int i = 0; i < 200; ++i)
        all += post("/echo", "number " + std::to_string(i) + ";") + get("/hello");
    client.say(all + get("/hello", "Connection: close\r\n"));
    const std::string answers = client.hear_all();
    EXPECT_EQ(times(answers, "HTTP/1.1 200"), 401u);
    std::size_t at = 0;
    for (int i = 0; i < 200; ++i) {
        at = answers.find("number " + std::to_string(i) + ";", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_TRUE(has(answers, "Connection: close\r\n"));
}

TEST_F(ServerTest, TakesARequestByteByByte) {
    options.limits.header_time = std::chrono::milliseconds(20'000);
    start();
    Wire client = wire();
    for (const char letter : post("/echo", "slowly"))
        client.say(std::string_view(&letter, 1));
    EXPECT_TRUE(has(client.hear_until("slowly"), "200 OK"));
}

TEST_F(ServerTest, SpeaksTheOldTongueToo) {
    start();
    Wire client = wire();
    client.say("GET /hello HTTP/1.0\r\n\r\n");
    const std::string answer = client.hear_all();
    EXPECT_TRUE(has(answer, "Connection: close\r\n"));
    EXPECT_TRUE(answer.ends_with("hello"));
    Wire kept = wire();
    kept.say("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(has(kept.hear_until("hello"), "Connection: keep-alive\r\n"));
    kept.say("GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(kept.hear_until("hello"), "200 OK"));
}

TEST_F(ServerTest, GivesTheHeadersAloneToHead) {
    router.add(Method::get, "/pieces", [](Request&) {
        Response response;
        response.length = 1'000'000;
        response.pieces = []() -> std::string_view { throw std::logic_error("nobody asked for a body"); };
        return response;
    });
    start();
    Wire client = wire();
    client.say("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nHEAD /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
    client.say("HEAD /hello?a=1&a=2 HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello", "Connection: close\r\n"));
    const std::string answers = client.hear_all();
    EXPECT_EQ(times(answers, "hello"), 1u) << answers;
    EXPECT_TRUE(has(answers, "Content-Length: 1000000\r\n"));
    EXPECT_TRUE(has(answers, "HTTP/1.1 400"));
}

TEST_F(ServerTest, TellsWhatItDoesNotHave) {
    start();
    Wire client = wire();
    client.say(get("/none") + "PUT /hello HTTP/1.1\r\nHost: x\r\n\r\n" + "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n" +
               get("/hello%zz") + get("/hello?x=%zz") + get("/hello", "Connection: close\r\n"));
    const std::string answers = client.hear_all();
    EXPECT_TRUE(has(answers, "HTTP/1.1 404 Not Found"));
    EXPECT_TRUE(has(answers, "\"kind\":\"not_found\""));
    EXPECT_TRUE(has(answers, "HTTP/1.1 405"));
    EXPECT_TRUE(has(answers, "Allow: GET, HEAD\r\n"));
    EXPECT_TRUE(has(answers, "HTTP/1.1 501"));
    EXPECT_EQ(times(answers, "HTTP/1.1 400"), 1u);
    EXPECT_EQ(times(answers, "HTTP/1.1 404"), 2u);
    EXPECT_TRUE(answers.ends_with("hello"));
}

TEST_F(ServerTest, MakesAnswersOfErrors) {
    router.add(Method::get, "/conflict", [](Request&) -> Response {
        throw Error(Error::Kind::conflict, "It is taken.", "Take another.", "name");
    });
    router.add(Method::get, "/defect", [](Request&) -> Response { throw std::runtime_error("secret innards"); });
    router.add(Method::get, "/odd", [](Request&) -> Response { throw 7; });
    router.add(Method::get, "/split", [](Request&) { return Response::text("x").with("X-A", "b\r\nX-B: c"); });
    router.add(Method::get, "/waiting", [](Request&) -> Task<Response> {
        throw Error(Error::Kind::denied, "No.");
        co_return Response();
    });
    start();
    Wire client = wire();
    client.say(get("/conflict") + get("/defect") + get("/odd") + get("/split") + get("/waiting") +
               get("/hello", "Connection: close\r\n"));
    const std::string answers = client.hear_all();
    EXPECT_TRUE(has(answers,
                    R"({"error":{"kind":"conflict","message":"It is taken.","hint":"Take another.","where":"name"}})"));
    EXPECT_EQ(times(answers, "HTTP/1.1 500"), 3u) << answers;
    EXPECT_FALSE(has(answers, "secret"));
    EXPECT_FALSE(has(answers, "X-B"));
    EXPECT_TRUE(has(answers, "HTTP/1.1 403"));
    EXPECT_TRUE(answers.ends_with("hello"));
    EXPECT_EQ(server->counts().by_class[5], 3u);
    EXPECT_EQ(server->counts().by_class[4], 2u);
}

TEST_F(ServerTest, TakesBodiesInChunks) {
    start();
    Wire client = wire();
    const std::string head = " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* path : {"/echo", "/count"}) {
        client.say("POST " + std::string(path) + head + "5\r\nhello\r\n");
        client.say("7;name=value\r\n, wo");
        client.say("rld\r\n0\r\nTrailer: x\r\n\r\n");
        client.say(get("/hello"));
        const std::string answers = client.hear_until("\r\n\r\nhello");
        if (path == std::string_view("/echo") && !has(answers, "hello, world")) ADD_FAILURE() << answers;
    }
    for (const char* pieces : {"0\r\n|\r|\n", "|0|\r\n\r\n", "0\r|\n\r|\n", "000;x|=y\r\nA: b\r|\n\r\n"}) {
        Wire empty = wire();
        empty.say("POST /count" + head);
        for (const std::string_view piece : split(pieces, '|')) {
            empty.say(piece);
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        EXPECT_TRUE(has(empty.hear_until("."), "bytes: 0.")) << pieces;
    }
    Wire bytewise = wire();
    for (const char letter : "POST /count" + head + "1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
        bytewise.say(std::string_view(&letter, 1));
    EXPECT_TRUE(has(bytewise.hear_until("bytes: 2."), "200 OK"));
}

TEST_F(ServerTest, InvitesABodyOnlyWhenItIsWanted) {
    router.add(Method::post, "/refuse", [](Request&) -> Task<Response> {
        throw Error(Error::Kind::conflict, "It is there already.");
        co_return Response();
    });
    start();
    Wire client = wire();
    client.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.say("abc");
    EXPECT_TRUE(has(client.hear_until("abc"), "200 OK"));
    client.say("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\nExpect: 100-continue\r\n\r\n");
    const std::string refused = client.hear_all();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 409")) << refused;
    EXPECT_TRUE(has(refused, "Connection: close"));
    Wire other = wire();
    other.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: a miracle\r\n\r\nabc");
    EXPECT_TRUE(has(other.hear_all(), "HTTP/1.1 417"));
}

TEST_F(ServerTest, GoesOnAfterASmallBodyThatNobodyRead) {
    router.add(Method::post, "/ignore", [](Request&) -> Task<Response> { co_return Response::empty(); });
    start();
    Wire client = wire();
    client.say(post("/ignore", std::string(50'000, 'x')) + get("/hello"));
    const std::string answers = client.hear_until("hello");
    EXPECT_TRUE(has(answers, "HTTP/1.1 204 No Content"));
    EXPECT_FALSE(has(answers.substr(0, answers.find("\r\n\r\n")), "Content-Length"));
    client.say(post("/ignore", std::string(5'000'000, 'x')));
    EXPECT_TRUE(has(client.hear_all(), "Connection: close"));
}

TEST_F(ServerTest, SendsPieces) {
    const auto pieces = [](std::optional<std::uint64_t> length, int count, bool breaks) {
        return [=](Request&) {
            Response response;
            response.length = length;
            const auto left = std::make_shared<int>(count);
            response.pieces = [left, breaks]() -> std::string_view {
                if (*left == 0 && breaks) throw Error(Error::Kind::internal, "The disk is gone.");
                return (*left)-- > 0 ? "0123456789" : "";
            };
            return response;
        };
    };
    router.add(Method::get, "/known", pieces(30, 3, false));
    router.add(Method::get, "/unknown", pieces({}, 3, false));
    router.add(Method::get, "/short", pieces(100, 3, false));
    router.add(Method::get, "/long", pieces(25, 3, false));
    router.add(Method::get, "/broken", pieces({}, 3, true));
    start();
    Wire client = wire();
    client.say(get("/known") + get("/unknown") + get("/long") + get("/short"));
    const std::string answers = client.hear_all();
    EXPECT_EQ(times(answers, "HTTP/1.1 200"), 4u);
    EXPECT_TRUE(has(answers, "\r\n\r\n012345678901234567890123456789HTTP/1.1"));
    EXPECT_TRUE(has(answers, "\r\n\r\na\r\n0123456789\r\na\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"));
    EXPECT_TRUE(has(answers, "\r\n\r\n0123456789012345678901234HTTP/1.1"));
    EXPECT_TRUE(answers.ends_with("\r\n\r\n012345678901234567890123456789"));  // and is cut: the client sees it
    Wire second = wire();
    second.say(get("/broken"));
    EXPECT_FALSE(second.hear_all().ends_with("0\r\n\r\n"));
    Wire old = wire();
    old.say("GET /unknown HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const std::string plain = old.hear_all();
    EXPECT_TRUE(plain.ends_with("\r\n\r\n012345678901234567890123456789"));
    EXPECT_FALSE(has(plain, "keep-alive"));
}

TEST_F(ServerTest, SendsLiveAnswersAtOnceAndNoticesThatTheClientHasGone) {
    std::atomic<int> listeners{0};
    std::mutex mutex;
    std::shared_ptr<Signal> signal;
    router.add(Method::get, "/events", [&](Request&) -> Task<Response> {
        Response response;
        response.with("Content-Type", "text/event-stream");
        response.live = [&](Sink& sink) -> Task<void> {
            const auto mine = co_await Signal::make();
            {
                const std::lock_guard lock(mutex);
                signal = mine;
            }
            ++listeners;
            const std::shared_ptr<void> end(nullptr, [&](void*) { --listeners; });
            for (int i = 0;; ++i) {
                const std::string event = "data: " + std::to_string(i) + "\n\n";
                co_await sink.write(event);
                co_await mine->wait(std::chrono::hours(1));
            }
        };
        co_return response;
    });
    start();
    {
        Wire client = wire();
        client.say(get("/events"));
        EXPECT_TRUE(has(client.hear_until("data: 0\n\n"), "Transfer-Encoding: chunked"));
        signal->notify();
        EXPECT_EQ(client.hear_until("data: 1\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
        EXPECT_EQ(listeners, 1);
    }
    EXPECT_TRUE(eventually([&] { return listeners == 0 && server->counts().connections == 0; }));
    Wire client = wire();
    client.say(get("/events"));
    client.hear_until("data: 0\n\n");
    server->stop(std::chrono::seconds(20));
    EXPECT_TRUE(client.hear_all().ends_with("0\r\n\r\n"));
    EXPECT_EQ(listeners, 0);
    signal->notify();  // whoever notifies may outlive the server
}

TEST_F(ServerTest, ALongPollEndsWhenItIsNotifiedOrItsClientGoes) {
    std::promise<std::shared_ptr<Signal>> made;
    std::atomic<int> ended{0};
    router.add(Method::post, "/poll", [&](Request& request) -> Task<Response> {
        const std::shared_ptr<void> end(nullptr, [&](void*) { ++ended; });
        char into[100];
        co_await request.body->read(into);
        const auto signal = co_await Signal::make();
        made.set_value(signal);
        const bool is_notified =
            co_await signal->wait(std::chrono::milliseconds(request.asked_number("ms").value_or(0)));
        co_return Response::text(is_notified ? "notified" : "over");
    });
    start();
    Wire client = wire();
    client.say(post("/poll?ms=60000", "abc"));
    made.get_future().get()->notify();
    EXPECT_TRUE(client.hear_until("notified").ends_with("notified"));
    made = {};
    client.say(post("/poll?ms=50", "abc"));
    EXPECT_TRUE(client.hear_until("over").ends_with("over"));
    made = {};
    client.say(post("/poll?ms=600000", "abc"));
    const auto late = made.get_future().get();
    client.close();
    EXPECT_TRUE(eventually([&] { return ended == 3; }));
    late->notify();
    made = {};
    Wire last = wire();
    last.say(post("/poll?ms=600000", "abc"));
    made.get_future().get();
    server->stop(std::chrono::seconds(20));
    EXPECT_TRUE(has(last.hear_all(), "HTTP/1.1 503"));
}

TEST_F(ServerTest, WaitsForAnAnswerOfAnotherThread) {
    std::vector<std::thread> threads;
    router.add(Method::get, "/later", [&](Request& request) -> Task<Response> {
        const bool is_bad = request.asked("bad").has_value();
        const auto start = [&](auto answer) {
            threads.emplace_back([answer, is_bad] {
                if (is_bad)
                    answer(std::make_exception_ptr(Error(Error::Kind::conflict, "no")), std::string());
                else
                    answer({}, std::string("the answer"));
            });
        };
        const std::string text = co_await later<std::string>(start);
        co_return Response::text(text);
    });
    start();
    Wire client = wire();
    client.say(get("/later") + get("/later?bad=1", "Connection: close\r\n"));
    const std::string answers = client.hear_all();
    EXPECT_TRUE(has(answers, "\r\n\r\nthe answerHTTP/1.1 409"));
    for (std::thread& thread : threads)
        thread.join();
}

TEST_F(ServerTest, LetsWhatItAnswersFinishWhenItStops) {
    std::promise<void> begun;
    std::promise<void> may_end;
    router.add(Method::get, "/slow", [&](Request&) {
        begun.set_value();
        may_end.get_future().wait();
        return Response::text("finished");
    });
    start();
    Wire idle = wire();
    Wire client = wire();
    client.say(get("/slow"));
    begun.get_future().wait();
    std::thread stopping([&] { server->stop(std::chrono::seconds(30)); });
    EXPECT_EQ(idle.hear_all(), "");
    may_end.set_value();
    const std::string answer = client.hear_all();
    EXPECT_TRUE(answer.ends_with("finished"));
    EXPECT_TRUE(has(answer, "Connection: close"));
    stopping.join();
    EXPECT_EQ(server->counts().connections, 0u);
}

TEST_F(ServerTest, CutsWhatDoesNotFinishInTime) {
    router.add(Method::get, "/never", [&](Request&) -> Task<Response> {
        const auto signal = co_await Signal::make();
        co_await signal->answered();
        co_return Response();
    });
    start();
    Wire client = wire();
    client.say(get("/never"));
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 1; }));
    server->stop(std::chrono::milliseconds(50));
    EXPECT_EQ(client.hear_all(), "");
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
    using atelier::testing_support::error_of;
    start();
    ServerOptions same = options;
    same.port = server->port();
    EXPECT_EQ(error_of([&] { Server second(same, router); }).kind(), Error::Kind::unavailable);
    same.host = "no.such.host.invalid";
    EXPECT_EQ(error_of([&] { Server second(same, router); }).kind(), Error::Kind::unavailable);
    EXPECT_EQ(server->url(), "http://127.0.0.1:" + std::to_string(server->port()));
    Server never_started({}, router);
}

TEST_F(ServerTest, TellsWhoAsks) {
    router.add(Method::get, "/who", [](Request& request) {
        return Response::text(request.peer + (request.is_secure ? " secure" : " plain"));
    });
    start();
    Wire client = wire();
    client.say(get("/who", "Connection: close\r\n"));
    EXPECT_TRUE(client.hear_all().ends_with("127.0.0.1 plain"));
}

}  // namespace
}  // namespace atelier::http
