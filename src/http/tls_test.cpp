// TLS: with a certificate of its own, made here, and what is said when certificates are wrong.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "base/testing.h"
#include "http/client.h"
#include "http/fetch.h"
#include "http/test_server.h"

namespace atelier::http {
namespace {

using atelier::testing_support::error_of;
using testing_support::eventually;
using testing_support::ServerTest;
using testing_support::Wire;

class TlsTest : public ServerTest {
protected:
    TlsTest() {
        make("farm");
        options.certificate = folder_.path() / "farm.pem";
        options.key = folder_.path() / "farm.key";
        router.add(Method::get, "/who",
                   [](Request& request) { return Response::text(request.is_secure ? "secure" : "plain"); });
    }

    void make(const std::string& name) {
        const std::string place = (folder_.path() / name).string();
        const std::string command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
            " -addext subjectAltName=IP:127.0.0.1 -keyout " + place + ".key -out " + place + ".pem 2>/dev/null";
        ASSERT_EQ(std::system(command.c_str()), 0);
    }
    ClientOptions to_server(bool is_trusted = true) const {
        ClientOptions made;
        made.url = server->url();
        if (is_trusted) made.authority = options.certificate;
        return made;
    }

    TemporaryFolder folder_;
};

TEST_F(TlsTest, CarriesBothWays) {
    start();
    EXPECT_TRUE(server->url().starts_with("https://"));
    Client client(to_server());
    Ask ask;
    ask.path = "/who";
    EXPECT_EQ(client.send(ask).content, "secure");
    Ask up;
    up.method = Method::post;
    up.path = "/count";
    const std::string piece(1u << 20, 'x');
    int left = 100;
    up.size = 100u << 20;
    up.pieces = [&]() -> std::string_view { return left-- > 0 ? std::string_view(piece) : std::string_view(); };
    const std::uint64_t before = testing_support::resident_memory();
    EXPECT_EQ(client.send(up).content, "bytes: " + std::to_string(100u << 20) + ".");
    if (testing_support::counts_memory) {
        EXPECT_LT(testing_support::resident_memory(), before + (30u << 20));
    }
    std::string text(90'000, 'y');
    Ask echo;
    echo.method = Method::post;
    echo.path = "/echo";
    echo.content = text;
    EXPECT_EQ(client.send(echo).content, text);
    EXPECT_EQ(server->counts().connections, 1u);
}

TEST_F(TlsTest, WhatIsFetchedStaysEncrypted) {
    std::string target = "/who";
    router.add(Method::get, "/away", [&](Request&) {
        Response response = Response::empty();
        response.status = 302;
        return response.with("Location", target);
    });
    start();
    FetchOptions to_here;
    to_here.caller.authority = options.certificate;
    Fetcher fetcher(to_here);
    EXPECT_EQ(fetcher.fetch(server->url() + "/away", 100).content, "secure");
    target = "http" + server->url().substr(5) + "/who";
    const Error plain = error_of([&] { fetcher.fetch(server->url() + "/away", 100); });
    EXPECT_EQ(plain.kind(), Error::Kind::invalid);
    EXPECT_NE(std::string(plain.what()).find("nothing is encrypted"), std::string::npos);
    EXPECT_EQ(error_of([&] { Fetcher().fetch(server->url() + "/who", 100); }).kind(), Error::Kind::denied);
}

TEST_F(TlsTest, IsNotTrustedWithoutReason) {
    start();
    Client client(to_server(false));
    const Error error = error_of([&] { client.get("/who"); });
    EXPECT_EQ(error.kind(), Error::Kind::unavailable);
    EXPECT_NE(std::string(error.what()).find("isn't trusted"), std::string::npos);
    make("other");
    ClientOptions other = to_server();
    other.authority = folder_.path() / "other.pem";
    Client second(other);
    EXPECT_EQ(error_of([&] { second.get("/who"); }).kind(), Error::Kind::unavailable);
    other.authority = folder_.path() / "none.pem";
    Client third(other);
    EXPECT_EQ(error_of([&] { third.get("/who"); }).kind(), Error::Kind::unavailable);
}

TEST_F(TlsTest, NoticesThatAClientOfALongPollHasGone) {
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    router.add(Method::get, "/poll", [&](Request&) -> Task<Response> {
        const std::shared_ptr<void> end(nullptr, [&](void*) { ++ended; });
        const auto signal = co_await Signal::make();
        ++begun;
        co_await signal->wait(std::chrono::hours(1));
        co_return Response::empty();
    });
    start();
    Client client(to_server());
    Ask ask;
    ask.path = "/poll";
    ask.patience = std::chrono::milliseconds(300);
    EXPECT_EQ(error_of([&] { client.send(ask); }).kind(), Error::Kind::unavailable);
    EXPECT_TRUE(eventually([&] { return begun == 1 && ended == 1; }));
}

TEST_F(TlsTest, LeavesNothingOfClientsThatAreNotSecure) {
    start();
    Wire plain = wire();
    plain.say(testing_support::get("/who"));
    EXPECT_EQ(plain.hear_all().find("HTTP/1.1 200"), std::string::npos);
    Wire silent = wire();  // the handshake has a time, too
    EXPECT_EQ(silent.hear_all(), "");
    EXPECT_TRUE(eventually([&] { return server->counts().connections == 0; }));
}

TEST_F(TlsTest, RefusesOldVersions) {
    start();
    const std::string place = "127.0.0.1:" + std::to_string(server->port());
    const auto connects = [&](const std::string& version) {
        const std::string command = "timeout 20 openssl s_client -connect " + place + " " + version +
                                    " -cipher 'ALL:@SECLEVEL=0' </dev/null >/dev/null 2>&1";
        return std::system(command.c_str()) == 0;
    };
    EXPECT_TRUE(connects("-tls1_2"));
    EXPECT_TRUE(connects("-tls1_3"));
    EXPECT_FALSE(connects("-tls1_1"));
    EXPECT_FALSE(connects("-tls1"));
}

TEST_F(TlsTest, SaysWhatIsWrongWithACertificate) {
    const auto words = [&](const char* certificate, const char* key) {
        ServerOptions wrong = options;
        wrong.certificate = certificate ? folder_.path() / certificate : std::filesystem::path();
        wrong.key = key ? folder_.path() / key : std::filesystem::path();
        return std::string(error_of([&] { Server made(wrong, router); }).what());
    };
    make("other");
    write_file_durably(folder_.path() / "junk.pem", "junk");
    EXPECT_NE(words("none.pem", "farm.key").find("none.pem"), std::string::npos);
    EXPECT_NE(words("farm.pem", "none.key").find("none.key"), std::string::npos);
    EXPECT_NE(words("junk.pem", "farm.key").find("junk.pem"), std::string::npos);
    EXPECT_NE(words("farm.pem", "junk.pem").find("junk.pem"), std::string::npos);
    EXPECT_NE(words("farm.pem", "other.key").find("other.key"), std::string::npos);
    EXPECT_NE(words("farm.pem", nullptr).find("belong together"), std::string::npos);
    EXPECT_NE(words(nullptr, "farm.key").find("belong together"), std::string::npos);
}

}  // namespace
}  // namespace atelier::http
