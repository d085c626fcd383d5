// The client: against our server, against servers that cut, lie or fall silent, and curl against our server.
#include "http/client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <future>
#include <mutex>

#include "base/testing.h"
#include "http/test_server.h"

namespace atelier::http {
namespace {

using atelier::testing_support::error_of;
using testing_support::eventually;
using testing_support::ServerTest;

class ClientTest : public ServerTest {
protected:
    ClientTest() {
        router.add(Method::get, "/token", [](Request& request) {
            return Response::text(std::string(request.header("authorization").value_or("none")));
        });
        router.add(Method::put, "/count", count);
        router.add(Method::patch, "/echo", [](Request& request) { return Response::text(request.content); });
        router.add(Method::remove, "/gone", [](Request&) { return Response::empty(); });
        router.add(Method::get, "/moved", [](Request&) {
            Response response = Response::empty();
            response.status = 303;
            return response.with("Location", "/token");
        });
        router.add(Method::get, "/denied", [](Request&) -> Response {
            throw Error(Error::Kind::denied, "You may not.", "Ask someone.", "token");
        });
        router.add(Method::get, "/large", [](Request&) {
            Response response;
            const auto left = std::make_shared<int>(300);
            response.pieces = [left, piece = std::string(1u << 20, 'x')]() -> std::string_view {
                return (*left)-- > 0 ? std::string_view(piece) : std::string_view();
            };
            return response;
        });
    }

    ClientOptions to_server() const {
        ClientOptions made;
        made.url = server->url();
        made.token = "the-secret";
        return made;
    }
    static Ask ask_for(Method method, const std::string& path, const std::string& content = {}) {
        Ask ask;
        ask.method = method;
        ask.path = path;
        ask.content = content;
        return ask;
    }
};

TEST_F(ClientTest, AsksByEveryMethod) {
    start();
    Client client(to_server());
    EXPECT_EQ(client.send(ask_for(Method::get, "/token")).content, "Bearer the-secret");
    EXPECT_EQ(client.send(ask_for(Method::post, "/echo", "a body")).content, "a body");
    EXPECT_EQ(client.send(ask_for(Method::post, "/echo")).content, "");
    EXPECT_EQ(client.send(ask_for(Method::put, "/count", "four")).content, "bytes: 4.");
    EXPECT_EQ(client.send(ask_for(Method::patch, "/echo", "patch")).content, "patch");
    EXPECT_EQ(client.send(ask_for(Method::remove, "/gone")).status, 204);
    const Answer head = client.send(ask_for(Method::head, "/hello"));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.content, "");
    const auto& headers = head.headers;
    EXPECT_NE(std::find(headers.begin(), headers.end(), std::pair<std::string, std::string>("content-length", "5")),
              headers.end());
    EXPECT_EQ(server->counts().connections, 1u);                         // one was enough for all
    EXPECT_EQ(client.send(ask_for(Method::get, "/moved")).status, 303);  // and the token goes nowhere else
}

TEST_F(ClientTest, SpeaksJson) {
    router.add(Method::get, "/json", [](Request&) { return Response::json(json::parse("{\"a\":[1,2]}")); });
    start();
    Client client(to_server());
    EXPECT_EQ(client.get("/json").at("a").as_array().size(), 2u);
    EXPECT_EQ(json::text(client.post("/echo", json::parse("{\"b\":true}"))), "{\"b\":true}");
}

TEST_F(ClientTest, ThrowsWhatTheServerThrew) {
    start();
    Client client(to_server());
    const Error error = error_of([&] { client.get("/denied"); });
    EXPECT_EQ(error.kind(), Error::Kind::denied);
    EXPECT_STREQ(error.what(), "You may not.");
    EXPECT_EQ(error.hint(), "Ask someone.");
    EXPECT_EQ(error.where(), "token");
    EXPECT_EQ(error_of([&] { client.get("/none"); }).kind(), Error::Kind::not_found);
    Ask ask = ask_for(Method::get, "/denied");
    ask.sink = [](std::string_view) { FAIL() << "errors aren't for the sink"; };
    EXPECT_EQ(error_of([&] { client.send(ask); }).kind(), Error::Kind::denied);
}

TEST_F(ClientTest, StreamsBothWays) {
    start();
    Client client(to_server());
    const std::string piece(1u << 20, 'x');
    Ask up = ask_for(Method::put, "/count");
    int left = 300;
    up.size = 300u << 20;
    up.pieces = [&]() -> std::string_view { return left-- > 0 ? std::string_view(piece) : std::string_view(); };
    const std::uint64_t before = testing_support::resident_memory();
    EXPECT_EQ(client.send(up).content, "bytes: " + std::to_string(300u << 20) + ".");
    Ask down = ask_for(Method::get, "/large");
    std::uint64_t got = 0;
    down.sink = [&](std::string_view bytes) { got += bytes.size(); };
    client.send(down);
    EXPECT_EQ(got, 300u << 20);
    if (testing_support::counts_memory) {
        EXPECT_LT(testing_support::resident_memory(), before + (30u << 20));
    }
    EXPECT_EQ(error_of([&] { client.send(ask_for(Method::get, "/large")); }).kind(), Error::Kind::exhausted);
}

TEST_F(ClientTest, HandsOnWhatTheAsksFunctionsThrow) {
    start();
    Client client(to_server());
    Ask down = ask_for(Method::get, "/large");
    down.sink = [](std::string_view) { throw Error(Error::Kind::conflict, "enough"); };
    EXPECT_STREQ(error_of([&] { client.send(down); }).what(), "enough");
    Ask up = ask_for(Method::put, "/count");
    up.size = 100;
    up.pieces = []() -> std::string_view { throw Error(Error::Kind::conflict, "no more"); };
    EXPECT_STREQ(error_of([&] { client.send(up); }).what(), "no more");
    Ask early = ask_for(Method::put, "/count");  // ends before its size
    early.size = 100;
    early.pieces = [] { return std::string_view(); };
    EXPECT_EQ(error_of([&] { client.send(early); }).kind(), Error::Kind::unavailable);
    EXPECT_EQ(client.send(ask_for(Method::get, "/hello")).content, "hello");
}

TEST_F(ClientTest, TakesARefusalInTheMiddleOfALargeBody) {
    start();
    Client client(to_server());
    Ask up = ask_for(Method::post, "/echo");
    const std::string piece(1u << 20, 'x');
    up.size = 200u << 20;
    up.pieces = [&]() -> std::string_view { return piece; };
    EXPECT_EQ(error_of([&] { client.send(up); }).kind(), Error::Kind::exhausted);
    EXPECT_EQ(client.send(ask_for(Method::get, "/hello")).content, "hello");
}

TEST_F(ClientTest, IsForManyThreads) {
    start();
    Client client(to_server());
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int k = 0; k < 50; ++k) {
                const std::string text = std::to_string(i * 1000 + k);
                if (client.send(ask_for(Method::post, "/echo", text)).content == text) ++right;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(right, 400);
    EXPECT_LE(server->counts().connections, 8u);
}

TEST_F(ClientTest, GoesOnWhenTheServerWasStartedAnew) {
    start();
    Client client(to_server());
    EXPECT_EQ(client.send(ask_for(Method::get, "/hello")).content, "hello");
    const std::uint16_t port = server->port();
    server.reset();
    EXPECT_EQ(error_of([&] { client.get("/hello"); }).kind(), Error::Kind::unavailable);
    options.port = port;
    start();
    EXPECT_EQ(client.send(ask_for(Method::get, "/hello")).content, "hello");
    EXPECT_EQ(client.send(ask_for(Method::post, "/echo", "x")).content, "x");
}

TEST_F(ClientTest, PollsUntilItIsInterrupted) {
    std::mutex mutex;
    std::shared_ptr<Signal> waiting;
    std::atomic<int> polls{0};
    std::atomic<int> nudges{0};
    router.add(Method::post, "/poll", [&](Request&) -> Task<Response> {
        const auto signal = co_await Signal::make();
        {
            const std::lock_guard lock(mutex);
            waiting = signal;
        }
        ++polls;
        const bool is_nudged = co_await signal->wait(std::chrono::milliseconds(60'000));
        co_return Response::text(is_nudged ? "nudged" : "silence");
    });
    router.add(Method::post, "/nudge", [&](Request&) {
        const std::lock_guard lock(mutex);
        if (waiting && ++nudges > 1) waiting->notify();  // the first one is lost
        return Response::empty();
    });
    start();
    Client client(to_server());
    Ask poll = ask_for(Method::post, "/poll", "{}");
    poll.patience = std::chrono::milliseconds(90'000);
    const Ask nudge = ask_for(Method::post, "/nudge");
    auto answer = std::async(std::launch::async, [&] { return client.poll(poll, nudge).content; });
    EXPECT_TRUE(eventually([&] { return polls == 1; }));
    EXPECT_EQ(nudges, 0);
    EXPECT_EQ(client.send(ask_for(Method::get, "/hello")).content, "hello");  // meanwhile
    client.interrupt();
    EXPECT_EQ(answer.get(), "nudged");
    client.interrupt();  // nothing waits: the next one is nudged
    EXPECT_EQ(client.poll(poll, nudge).content, "nudged");
}

// A server that does with each connection what the test wants.
class Odd {
public:
    explicit Odd(std::function<void(int)> talk) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(listener_.get(), 16);
        socklen_t size = sizeof address;
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, talk = std::move(talk)] {
            for (;;) {
                const Fd guest(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
                if (!guest) return;
                ++connections;
                talk(guest.get());
            }
        });
    }
    ~Odd() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }
    ClientOptions address() const {
        ClientOptions options;
        options.url = "http://127.0.0.1:" + std::to_string(port_);
        options.token = "the-secret";
        return options;
    }
    std::atomic<int> connections{0};

    static bool take_request(int guest) {
        std::string heard;
        char buffer[4096];
        while (heard.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = ::recv(guest, buffer, sizeof buffer, 0);
            if (got <= 0) return false;
            heard.append(buffer, static_cast<std::size_t>(got));
        }
        return true;
    }
    static void say(int guest, std::string_view text) { ::send(guest, text.data(), text.size(), MSG_NOSIGNAL); }

private:
    Fd listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

TEST(Client, TakesNothingThatWasCutShort) {
    for (const char* text : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                             "HTTP/1.1 200 OK\r\nContent-", "", "not http at all"}) {
        Odd odd([text](int guest) {
            Odd::take_request(guest);
            Odd::say(guest, text);
        });
        Client client(odd.address());
        Ask ask;
        ask.path = "/x";
        const Error error = error_of([&] { client.send(ask); });
        EXPECT_EQ(error.kind(), Error::Kind::unavailable) << text;
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
}

TEST(Client, LosesItsPatienceWithSilence) {
    Odd odd([](int guest) {
        Odd::take_request(guest);
        char byte = 0;
        ::recv(guest, &byte, 1, 0);  // until the client goes
    });
    Client client(odd.address());
    Ask ask;
    ask.path = "/x";
    ask.patience = std::chrono::milliseconds(200);
    EXPECT_EQ(error_of([&] { client.send(ask); }).kind(), Error::Kind::unavailable);
    EXPECT_EQ(error_of([&] { client.poll(ask, ask); }).kind(), Error::Kind::unavailable);
}

// A kept connection that dies with the request on it: what may happen twice is asked again, what may not is not.
TEST(Client, RepeatsOnlyWhatMayHappenTwice) {
    std::atomic<int> requests{0};
    Odd odd([&](int guest) {
        if (!Odd::take_request(guest)) return;
        ++requests;
        Odd::say(guest, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        if (Odd::take_request(guest)) ++requests;  // and closes
    });
    for (const Method method : {Method::get, Method::put, Method::remove}) {
        Client client(odd.address());
        Ask ask;
        ask.method = method;
        ask.path = "/x";
        if (method == Method::put) ask.content = "body";
        requests = 0;
        EXPECT_EQ(client.send(ask).content, "ok");
        EXPECT_EQ(client.send(ask).content, "ok");
        EXPECT_EQ(requests, 3);
    }
    for (const char* body : {"body", ""}) {
        Client client(odd.address());
        Ask ask;
        ask.method = Method::post;
        ask.path = "/x";
        requests = 0;
        EXPECT_EQ(client.send(ask).content, "ok");
        ask.content = body;
        EXPECT_EQ(error_of([&] { client.send(ask); }).kind(), Error::Kind::unavailable);
        EXPECT_EQ(requests, 2) << "with a body of '" << body << "'";
    }
}

TEST(Client, RefusesAddressesThatItCannotMean) {
    for (const char* url : {"", "farm", "ftp://farm", "http://", "http://u:p@farm", "http://farm/?q", "http://farm/#x",
                            "file:///etc/passwd"}) {
        ClientOptions options;
        options.url = url;
        EXPECT_EQ(error_of([&] { Client client(options); }).kind(), Error::Kind::invalid) << url;
    }
    ClientOptions options;
    options.url = "http://127.0.0.1:1/";
    Client client(options);
    EXPECT_EQ(client.url(), "http://127.0.0.1:1");
    EXPECT_EQ(error_of([&] { client.get("/"); }).kind(), Error::Kind::unavailable);
    options.token = "a\r\nX-Evil: b";
    EXPECT_EQ(error_of([&] { Client evil(options); }).kind(), Error::Kind::invalid);
}

std::string output_of(const std::string& command) {
    std::string text;
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (!pipe) return {};
    char buffer[4096];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe))
        text.append(buffer, got);
    ::pclose(pipe);
    return text;
}

TEST_F(ClientTest, TheServerIsUnderstoodByCurl) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "file";
    const std::string content(300'000, 'c');
    write_file_durably(path, content);
    router.add(Method::get, "/file", [&](Request& request) {
        const Fd file = open_file(path, O_RDONLY);
        return file_response(request, file.get(), content.size(), "text/plain", "tag");
    });
    start();
    const std::string curl = "curl -sS --max-time 60 ";
    EXPECT_EQ(output_of(curl + server->url() + "/hello"), "hello");
    EXPECT_EQ(output_of(curl + "-T " + path.string() + " " + server->url() + "/count"), "bytes: 300000.");
    EXPECT_EQ(output_of("cat " + path.string() + " | " + curl + "-T - " + server->url() + "/count"), "bytes: 300000.");
    EXPECT_EQ(output_of(curl + server->url() + "/file"), content);
    EXPECT_EQ(output_of(curl + "-r 5-9 " + server->url() + "/file"), "ccccc");
    EXPECT_EQ(output_of(curl + "-o /dev/null -w '%{http_code}' -H 'If-None-Match: \"tag\"' " + server->url() + "/file"),
              "304");
    EXPECT_EQ(output_of(curl + "-o /dev/null -w '%{http_code} %{size_download}' -I " + server->url() + "/file"),
              "200 0");
    EXPECT_EQ(output_of(curl + "-o /dev/null -w '%{http_code}' -r 300000- " + server->url() + "/file"), "416");
    EXPECT_EQ(
        output_of(curl + "-o /dev/null -w '%{http_code}' -T " + path.string() + " -X POST " + server->url() + "/echo"),
        "413");
}

}  // namespace
}  // namespace atelier::http
