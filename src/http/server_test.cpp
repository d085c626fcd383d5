// The server, over real sockets: what it answers, in which order, and what it does not put up with.
#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>

#include "http/client.h"
#include "http/test_server.h"
#include "http/wait.h"

namespace atelier::http {
namespace {

using testing_support::eventually;
using testing_support::get;
using testing_support::Wire;

class ServerTest : public ::testing::Test {
protected:
    ServerTest() {
        router.add(Method::get, "/hello", [](Request&) { return Response::text("hello"); });
        router.add(
            Method::post, "/echo", [](Request& request) { return Response::text(request.content); }, 100'000);
        router.add(Method::post, "/count", [](Request& request) -> Task<Response> {
            std::uint64_t all = 0;
            std::string piece(64 * 1024, '\0');
            const std::span<char> into(piece);
            while (const std::size_t got = co_await request.body->read(into))
                all += got;
            co_return Response::text(std::to_string(all));
        });
    }

    void start() {
        options.limits.header_time = std::chrono::milliseconds(500);
        options.limits.body_time = std::chrono::milliseconds(500);
        server.emplace(options, router);
        server->start();
    }

    Router router;
    ServerOptions options;
    std::optional<Server> server;
};

TEST_F(ServerTest, AnswersSeveralRequestsOnOneConnection) {
    start();
    Wire wire(server->port());
    for (int i = 0; i < 3; ++i) {
        wire.say(get("/hello"));
        const std::string answer = wire.hear_until("hello");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
        EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
        EXPECT_NE(answer.find("Cache-Control: no-store\r\n"), std::string::npos);
        EXPECT_NE(answer.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
        EXPECT_NE(answer.find("Date: "), std::string::npos);
        EXPECT_EQ(answer.find("Server:"), std::string::npos);
    }
    EXPECT_EQ(server->counts().requests, 3u);
    EXPECT_EQ(server->counts().by_class[2], 3u);
}

}  // namespace
}  // namespace atelier::http
