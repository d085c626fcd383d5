// Who is answered, and what: over real sockets, without a browser.
#include "pipelines/sky/review/review_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/files.h"
#include "base/testing.h"
#include "http/client.h"
#include "http/test_server.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/wtml.h"

namespace atelier::pipelines::sky {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::StartsWith;
using testing_support::error_of;

class Review : public testing::Test {
protected:
    void SetUp() override {
        write("toasty-pipeline-config.yaml",
              "source_type: astropix\npublish_url_prefix: https://sky.example/\n"
              "astropix:\n  json_query_url: http://127.0.0.1:9/\n");
        add("processed", "crab");
        server_ = std::make_unique<ReviewServer>(folder_.path(), 0);
        server_->start();
        url_ = server_->url();
        const std::size_t host = url_.find("//") + 2, slash = url_.find('/', host);
        origin_ = url_.substr(0, slash);
        path_ = url_.substr(slash);
        client_ = std::make_unique<http::Client>(http::ClientOptions{.url = origin_, .token = {}, .authority = {}});
    }

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((folder_.path() / name).parent_path());
        write_file_durably(folder_.path() / name, text);
    }

    void add(const std::string& shelf, const std::string& id) const {
        WtmlFolder wtml;
        wtml.name = "Crab";
        Place place;
        place.name = "Crab";
        position_nowhere(1, place);
        place.image.url = "L{1}X{2}Y{3}.png";
        wtml.places = {place};
        write(shelf + "/" + id + "/index_rel.wtml", write_wtml(wtml));
        write(shelf + "/" + id + "/L0X0Y0.png", "a tile");
    }

    http::Answer ask(const std::string& path, http::Method method = http::Method::get, http::Headers headers = {},
                     const std::string& content = "{}") const {
        http::Ask ask;
        ask.method = method;
        ask.path = path;
        ask.headers = std::move(headers);
        if (method == http::Method::post) ask.content = content;
        return client_->send(ask);
    }
    Error refused(const std::string& path, http::Method method = http::Method::get, http::Headers headers = {},
                  const std::string& content = "{}") const {
        return error_of([&] { ask(path, method, headers, content); });
    }
    bool has(const std::string& name) const { return fs::exists(folder_.path() / name); }

    TemporaryFolder folder_;
    std::unique_ptr<ReviewServer> server_;
    std::unique_ptr<http::Client> client_;
    std::string url_, origin_, path_;
};

TEST_F(Review, TheAddressIsLoopbackAndCarriesAToken) {
    EXPECT_THAT(url_, testing::MatchesRegex("http://127.0.0.1:[0-9]+/[0-9a-z]{32}/"));
    EXPECT_EQ(server_->waiting(), 1u);
    ReviewServer other(folder_.path(), 0);
    EXPECT_NE(other.url().substr(other.url().size() - 33), path_.substr(1));
}

TEST_F(Review, ThePageMayDoLittle) {
    const http::Answer answer = ask(path_);
    EXPECT_THAT(answer.content, StartsWith("<!doctype html>"));
    const http::Headers& headers = answer.headers;
    const auto value = [&](std::string_view name) {
        for (const auto& [key, text] : headers)
            if (key == name) return text;
        return std::string();
    };
    EXPECT_THAT(value("content-security-policy"), HasSubstr("default-src 'none'"));
    EXPECT_THAT(value("content-security-policy"), testing::Not(HasSubstr("unsafe")));
    EXPECT_EQ(value("referrer-policy"), "no-referrer");
    EXPECT_EQ(value("x-content-type-options"), "nosniff");
    for (const char* file : {"page/app.js", "page/review.css", "page/licences.txt", "viewer/openseadragon.min.js",
                             "viewer/index.js", "engine/constellations.txt", "engine/mars.png"})
        EXPECT_NO_THROW(ask(path_ + file)) << file;
    EXPECT_GT(ask(path_ + "viewer/index.js").content.size(), 3'000'000u);
}

TEST_F(Review, WithoutTheTokenNothingIsAnswered) {
    const std::string wrong = "/" + std::string(32, 'a') + "/";
    for (const char* path :
         {"", "images", "images/processed/crab", "images/processed/crab/L0X0Y0.png", "page/app.js", "viewer/index.js"})
        EXPECT_EQ(refused(wrong + path).kind(), Error::Kind::denied) << path;
    EXPECT_EQ(refused(wrong + "images/processed/crab/approve", http::Method::post).kind(), Error::Kind::denied);
    EXPECT_EQ(refused("/images").kind(), Error::Kind::not_found);
    EXPECT_TRUE(has("processed/crab"));
}

TEST_F(Review, AnotherHostOrOriginIsRefused) {
    const std::string port = origin_.substr(origin_.rfind(':'));
    for (const std::string& host : {"evil.example" + port, std::string("127.0.0.1"), "127.0.0.1.evil.example" + port})
        EXPECT_EQ(refused(path_ + "images", http::Method::get, {{"Host", host}}).kind(), Error::Kind::denied) << host;
    EXPECT_NO_THROW(ask(path_ + "images", http::Method::get, {{"Host", "localhost" + port}}));
    const std::string approve = path_ + "images/processed/crab/approve";
    for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:1"})
        EXPECT_EQ(refused(approve, http::Method::post, {{"Origin", origin}}).kind(), Error::Kind::denied) << origin;
    EXPECT_TRUE(has("processed/crab"));
}

TEST_F(Review, FilesOutsideOfAnImageStayThere) {
    write("secret.png", "secret");
    write("processed/crab/page.html", "<script>");
    write("processed/crab/picture.svg", "<svg>");
    fs::create_symlink(folder_.path() / "secret.png", folder_.path() / "processed/crab/link.png");
    fs::create_directory_symlink(folder_.path(), folder_.path() / "processed/linked");
    fs::create_directory(folder_.path() / "processed/crab/folder.png");
    const std::string image = path_ + "images/processed/crab/";
    EXPECT_EQ(ask(image + "L0X0Y0.png").content, "a tile");
    for (const char* path : {"../../secret.png", "..%2f..%2fsecret.png", "%2e%2e/%2e%2e/secret.png", "link.png",
                             "page.html", "picture.svg", "folder.png", "L9X9Y9.png", "a//b.png", "%5c..%5csecret.png"})
        EXPECT_THROW(ask(image + path), Error) << path;
    for (const char* id : {"..", "%2e%2e", "linked", ".hidden", "crab%2f..%2f..", "nothing"})
        EXPECT_THROW(ask(path_ + "images/processed/" + id + "/secret.png"), Error) << id;
    EXPECT_THROW(ask(path_ + "images/approved/crab/L0X0Y0.png"), Error);
    // As it is, where a client would have tidied it up.
    const auto port = static_cast<std::uint16_t>(std::stoi(origin_.substr(origin_.rfind(':') + 1)));
    for (const char* path : {"../../secret.png", "%2e%2e/%2e%2e/secret.png", "./L0X0Y0.png", "..\\..\\secret.png"}) {
        http::testing_support::Wire wire(port);
        wire.say("GET " + image + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                 "\r\nConnection: close\r\n\r\n");
        EXPECT_THAT(wire.hear_all(), StartsWith("HTTP/1.1 4")) << path;
    }
    EXPECT_THROW(ask(path_ + "page/../../secret.png"), Error);
}

TEST_F(Review, AnImageIsApproved) {
    ask(path_ + "images/processed/crab/approve", http::Method::post);
    EXPECT_FALSE(has("processed/crab"));
    EXPECT_THAT(read_file(folder_.path() / "approved/crab/index.wtml"),
                HasSubstr("https://sky.example/crab/L{1}X{2}Y{3}.png"));
    EXPECT_EQ(refused(path_ + "images/processed/crab/approve", http::Method::post).kind(), Error::Kind::not_found);
    EXPECT_EQ(server_->waiting(), 0u);
}

TEST_F(Review, WithoutAConfigNothingIsApproved) {
    fs::remove(folder_.path() / "toasty-pipeline-config.yaml");
    EXPECT_THAT(refused(path_ + "images/processed/crab/approve", http::Method::post).what(),
                HasSubstr("toasty-pipeline-config.yaml"));
    EXPECT_TRUE(has("processed/crab"));
}

TEST_F(Review, AnImageIsRejectedWithItsReason) {
    const std::string reject = path_ + "images/processed/crab/reject";
    for (const char* body : {"", "{}", "[]", "{\"reason\": 1}", "{\"reason\": \" \"}", "reason"})
        EXPECT_EQ(refused(reject, http::Method::post, {}, body).kind(), Error::Kind::invalid) << body;
    EXPECT_EQ(refused(reject, http::Method::post, {}, "{\"reason\": \"" + std::string(5000, 'x') + "\"}").kind(),
              Error::Kind::invalid);
    EXPECT_TRUE(has("processed/crab"));
    ask(reject, http::Method::post, {}, "{\"reason\": \"mirrored\"}");
    EXPECT_FALSE(has("processed/crab"));
    EXPECT_THAT(read_file(folder_.path() / "rejects/crab/reject.json"), HasSubstr("mirrored"));
}

TEST_F(Review, OfTheSeedsWayAnApprovedOneStaysAndIsShownAgainWhenItChanges) {
    add("out_todo", "moon");
    EXPECT_EQ(server_->waiting(), 2u);
    ask(path_ + "images/out_todo/moon/approve", http::Method::post);
    EXPECT_TRUE(has("out_todo/moon/index_rel.wtml"));
    EXPECT_EQ(server_->waiting(), 1u);
    ReviewServer later(folder_.path(), 0);
    EXPECT_EQ(later.waiting(), 1u);
    const auto later_than_that = fs::file_time_type::clock::now() + std::chrono::seconds(5);
    fs::last_write_time(folder_.path() / "out_todo/moon/index_rel.wtml", later_than_that);
    EXPECT_EQ(server_->waiting(), 2u);

    ask(path_ + "images/out_todo/moon/reject", http::Method::post, {}, "{\"reason\": \"not of the sky\"}");
    EXPECT_FALSE(has("out_todo/moon"));
    EXPECT_THAT(read_file(folder_.path() / "rejects/moon/reject.json"), HasSubstr("not of the sky"));
}

TEST_F(Review, AnIdThatWouldBeAPatternTouchesNothingElse) {
    add("processed", "*");
    add("processed", "cr[a]b");
    for (const char* id : {"*", "cr%5Ba%5Db"}) {
        const std::string image = path_ + "images/processed/" + id;
        EXPECT_EQ(refused(image + "/approve", http::Method::post).kind(), Error::Kind::invalid) << id;
        EXPECT_EQ(refused(image + "/reject", http::Method::post, {}, "{\"reason\": \"x\"}").kind(),
                  Error::Kind::invalid);
    }
    EXPECT_TRUE(has("processed/crab"));
}

TEST_F(Review, ABrokenImageIsListedAndTold) {
    write("processed/broken/index_rel.wtml", "<Folder><Place></Folder>");
    fs::create_directories(folder_.path() / "processed/empty");
    const json::Value list = client_->get(path_ + "images");
    ASSERT_EQ(list.at("images").as_array().size(), 3u);
    EXPECT_NE(list.at("images").at(0).at("problem").as_string(), "");
    EXPECT_EQ(list.at("images").at(1).at("title").as_string(), "Crab");
    EXPECT_NE(client_->get(path_ + "images/processed/broken").at("problem").at("text").as_string(), "");
    EXPECT_NE(client_->get(path_ + "images/processed/empty").at("problem").at("text").as_string(), "");
    EXPECT_EQ(refused(path_ + "images/processed/broken/place.wtml").kind(), Error::Kind::invalid);
}

TEST_F(Review, TheEngineIsGivenAddressesOfThisServer) {
    const std::string wtml = ask(path_ + "images/processed/crab/place.wtml").content;
    EXPECT_THAT(wtml, HasSubstr(url_ + "images/processed/crab/L{1}X{2}Y{3}.png"));
    const std::string port = origin_.substr(origin_.rfind(':'));
    const http::Answer other =
        ask(path_ + "images/processed/crab/place.wtml", http::Method::get, {{"Host", "localhost" + port}});
    EXPECT_THAT(other.content, HasSubstr("http://localhost" + port + path_));
}

}  // namespace
}  // namespace atelier::pipelines::sky
