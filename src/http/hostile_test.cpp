// What the server does not put up with: what is broken, half, slow, too much, or meant to mislead.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "http/test_server.h"

namespace atelier::http {
namespace {

using testing_support::counts_memory;
using testing_support::eventually;
using testing_support::get;
using testing_support::post;
using testing_support::resident_memory;
using testing_support::ServerTest;
using testing_support::Wire;

constexpr std::uint64_t megabyte = 1u << 20;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(ServerTest, ClosesAfterARequestThatIsBroken) {
    start();
    for (const char* broken :
         {"nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n" /* no Host */,
          "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /hello HTTP/1.1\r\nHost : x\r\n\r\n",
          "GET /hello HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "GET /hello HTTP/1.1\nHost: x\n\n",
          "GET /hel lo HTTP/1.1\r\nHost: x\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n",
          "\x16\x03\x01\x02\x01\x01\x01\r\n\r\n", "\r\n\r\n\r\n\r\n"}) {
        Wire client = wire();
        client.say(broken);
        client.end_sending();
        const std::string answer = client.hear_all();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << broken << "\n" << answer;
        EXPECT_TRUE(has(answer, "Connection: close"));
        EXPECT_TRUE(has(answer, "\"kind\":\"invalid\""));
    }
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 0; }));
}

TEST_F(ServerTest, RefusesWhatTwoReadersWouldUnderstandDifferently) {
    start();
    for (const char* headers :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
          "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
          "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n", "Content-Length: 0x5\r\n",
          "Content-Length: \r\n", "Content-Length: 99999999999999999999999\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: xchunked\r\n",
          "Transfer-Encoding: identity\r\n"}) {
        Wire client = wire();
        client.say("POST /echo HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n0\r\n\r\n" + get("/hello"));
        const std::string answer = client.hear_all();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 501 ")) << headers << answer;
        EXPECT_FALSE(has(answer, "200 OK")) << headers << answer;
    }
    Wire old = wire();
    old.say("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_TRUE(old.hear_all().starts_with("HTTP/1.1 400 "));
}

TEST_F(ServerTest, RefusesBrokenChunks) {
    start();
    for (const char* path : {"/echo", "/count"}) {
        const std::string head =
            "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (const char* body : {"zz\r\nab\r\n0\r\n\r\n", "-1\r\na\r\n0\r\n\r\n", "2\r\nabc\r\n0\r\n\r\n", "\r\n\r\n",
                                 "11111111111111111\r\na\r\n", "2\nab\n0\n\n", "0x2\r\nab\r\n0\r\n\r\n",
                                 "2 \r\nab\r\n0\r\n\r\n", "0\r\n\n", "0\r\nA: b\n\r\n"}) {
            Wire client = wire();
            client.say(head + body + get("/hello"));
            const std::string answer = client.hear_all();
            EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << body << answer;
            EXPECT_FALSE(has(answer, "200 OK")) << body;
        }
        Wire endless = wire();
        endless.say(head + "1;" + std::string(40'000, 'x'));
        EXPECT_TRUE(endless.hear_all().starts_with("HTTP/1.1 400 "));
    }
}

TEST_F(ServerTest, EndsWhoeverIsTooSlow) {
    options.limits.idle_time = std::chrono::milliseconds(300);
    start();
    Wire idle = wire();
    EXPECT_EQ(idle.hear_all(), "");
    Wire half = wire();
    half.say("GET /hello HTTP/1.1\r\nHost:");
    EXPECT_TRUE(half.hear_all().starts_with("HTTP/1.1 408 "));
    for (const char* path : {"/echo", "/count"}) {
        Wire body = wire();
        body.say("POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
        EXPECT_TRUE(body.hear_all().starts_with("HTTP/1.1 408 "));
    }
}

TEST_F(ServerTest, CountsTheTimeOfHeadersThatTrickleInFromTheirFirstByte) {
    start();
    Wire client = wire();
    client.say("GET /hello HTTP/1.1\r\nHost: x\r\n");
    int sent = 0;
    while (sent < 1000 && client.say("A: b\r\n")) {
        ++sent;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_LT(sent, 1000);
}

TEST_F(ServerTest, EndsWhoeverDoesNotTakeTheAnswer) {
    router.add(Method::get, "/endless", [](Request&) {
        Response response;
        response.pieces = [piece = std::string(100'000, 'x')]() -> std::string_view { return piece; };
        return response;
    });
    start();
    Wire client = wire();
    client.say(get("/endless"));
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 1; }));
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 0; }));
}

TEST_F(ServerTest, TakesOnlySoManyHeaders) {
    options.limits.header_time = std::chrono::milliseconds(20'000);
    start();
    Wire large = wire();
    large.say(get("/hello", "A: " + std::string(20'000, 'x') + "\r\n"));
    EXPECT_TRUE(large.hear_all().starts_with("HTTP/1.1 431 "));
    Wire fits = wire();
    fits.say(get("/hello", "A: " + std::string(16'000, 'x') + "\r\n"));
    EXPECT_TRUE(fits.hear_until("hello").starts_with("HTTP/1.1 200 "));
    Wire many = wire();
    std::string headers;
    for (int i = 0; i < 1000; ++i)
        headers += "A: b\r\n";
    many.say(get("/hello", headers));
    EXPECT_TRUE(many.hear_all().starts_with("HTTP/1.1 431 "));
    Wire trickle = wire();  // one by one, so that the parser never holds much
    trickle.say("GET /hello HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 100 && trickle.say("A: " + std::string(1000, 'x') + "\r\n"); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_TRUE(trickle.hear_all().starts_with("HTTP/1.1 431 "));
    Wire path = wire();
    path.say("GET /" + std::string(1'000'000, 'x'));
    EXPECT_TRUE(path.hear_all().starts_with("HTTP/1.1 431 "));
}

TEST_F(ServerTest, RefusesLargeContentWithoutTakingIt) {
    start();
    Wire told = wire();
    told.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nabc");
    const std::string answer = told.hear_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(has(answer, "Connection: close"));
    Wire chunked = wire();
    chunked.say("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
    for (int i = 0; i < 100 && chunked.say(chunk); ++i) {
    }
    EXPECT_TRUE(chunked.hear_all().starts_with("HTTP/1.1 413 "));
    Wire fits = wire();
    fits.say(post("/echo", std::string(100'000, 'x')));
    EXPECT_TRUE(fits.hear_until("xxxx").starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, TakesOnlySoManyConnections) {
    options.limits.most_connections = 3;
    start();
    std::vector<Wire> clients;
    for (int i = 0; i < 3; ++i)
        clients.push_back(wire());
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 3; }));
    Wire fourth = wire();
    EXPECT_TRUE(fourth.hear_all().starts_with("HTTP/1.1 503 "));
    clients.pop_back();
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 2; }));
    Wire again = wire();
    again.say(get("/hello"));
    EXPECT_TRUE(has(again.hear_until("hello"), "200 OK"));
}

TEST_F(ServerTest, TakesALargeBodyWithFlatMemory) {
    start();
    const std::string megabyte_of_text(megabyte, 'x');
    const auto upload = [&](bool is_chunked) {
        Wire client = wire();
        constexpr int count = 300;
        client.say("POST /count HTTP/1.1\r\nHost: x\r\n");
        client.say(is_chunked ? "Transfer-Encoding: chunked\r\n\r\n"
                              : "Content-Length: " + std::to_string(count * megabyte) + "\r\n\r\n");
        std::uint64_t most = 0;
        for (int i = 0; i < count; ++i) {
            if (is_chunked) client.say("100000\r\n");
            client.say(megabyte_of_text);
            if (is_chunked) client.say("\r\n");
            most = std::max(most, resident_memory());
        }
        if (is_chunked) client.say("0\r\n\r\n");
        EXPECT_TRUE(has(client.hear_until("."), "200 OK"));
        return most;
    };
    const std::uint64_t before = resident_memory();
    for (const bool is_chunked : {false, true}) {
        const std::uint64_t most = upload(is_chunked);
        if (counts_memory) {
            EXPECT_LT(most, before + 20 * megabyte) << is_chunked;
        }
    }
}

// Two thousand that say nothing, and two thousand that listen to events; the others still get their answers.
TEST_F(ServerTest, HoldsThousandsOfConnectionsInLittleMemory) {
    constexpr std::size_t count = 2000;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < 4 * count + 100) GTEST_SKIP() << "so many files may not be open here";
    router.add(Method::get, "/events", [](Request&) -> Task<Response> {
        Response response;
        response.live = [](Sink& sink) -> Task<void> {
            co_await sink.write("data: 1\n\n");
            const auto signal = co_await Signal::make();
            co_await signal->wait(std::chrono::hours(1));
        };
        co_return response;
    });
    start();
    const std::uint64_t before = resident_memory();
    std::vector<Wire> idle;
    std::vector<Wire> listening;
    for (std::size_t i = 0; i < count; ++i) {
        idle.push_back(wire());
        idle.back().say(get("/hello"));
        EXPECT_TRUE(has(idle.back().hear_until("hello"), "200 OK"));
        listening.push_back(wire());
        listening.back().say(get("/events"));
        EXPECT_TRUE(has(listening.back().hear_until("data: 1"), "200 OK"));
    }
    EXPECT_EQ(server->counts().connections, 2 * count);
    const std::uint64_t each = (resident_memory() - before) / (2 * count);
    RecordProperty("bytes_each", std::to_string(each));
    if (counts_memory) {
        EXPECT_LT(each, 16u * 1024);
    }
    Wire client = wire();
    client.say(get("/hello"));
    EXPECT_TRUE(has(client.hear_until("hello"), "200 OK"));
    idle.clear();
    listening.clear();
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 1; }));
}

// Connections that come and go, many at once, at every stage.
TEST_F(ServerTest, SurvivesClientsThatLeaveAnywhere) {
    start();
    const std::string whole = post("/echo", std::string(3000, 'x')) + post("/count", std::string(3000, 'x'));
    std::vector<std::thread> threads;
    for (std::size_t start_at = 0; start_at < 4; ++start_at)
        threads.emplace_back([&, start_at] {
            for (std::size_t size = start_at; size < whole.size(); size += 37) {
                Wire client = wire();
                client.say(std::string_view(whole).substr(0, size));
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 0; }));
    Wire client = wire();
    client.say(get("/hello"));
    EXPECT_TRUE(has(client.hear_until("hello"), "200 OK"));
}

}  // namespace
}  // namespace atelier::http
