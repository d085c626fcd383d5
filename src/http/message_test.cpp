#include "http/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"
#include "http/byte_range.h"
#include "http/response_head.h"

namespace atelier::http {
namespace {

template <class Action>
Error thrown_by(const Action& action) {
    return atelier::testing_support::error_of(action);
}

TEST(Encoding, DecodesWhatItEncodes) {
    std::string all;
    for (int letter = 1; letter < 128; ++letter)
        all += static_cast<char>(letter);
    all += "grün – 日本";
    EXPECT_EQ(decode(encode(all), false), all);
    EXPECT_EQ(decode(encode(all), true), all);
    EXPECT_EQ(encode("a b/c+ä~"), "a%20b%2Fc%2B%C3%A4~");
    EXPECT_EQ(decode("a+b", false), "a+b");
    EXPECT_EQ(decode("a+b", true), "a b");
    EXPECT_EQ(decode("", true), "");
}

TEST(Encoding, RefusesWhatIsBroken) {
    for (const char* text : {"%", "%4", "%4g", "%zz", "a%", "%00", "%ff", "%c3", "%ed%a0%80", "%c0%80"})
        EXPECT_EQ(thrown_by([&] { decode(text, false); }).kind(), Error::Kind::invalid) << text;
    EXPECT_EQ(thrown_by([&] { decode(std::string_view("a\0b", 3), false); }).kind(), Error::Kind::invalid);
}

TEST(Encoding, ReadsQueries) {
    const auto query = parse_query("a=1&b=x+y%26&c=&d&e=a=b");
    EXPECT_EQ(query,
              (std::map<std::string, std::string>{{"a", "1"}, {"b", "x y&"}, {"c", ""}, {"d", ""}, {"e", "a=b"}}));
    EXPECT_TRUE(parse_query("").empty());
    for (const char* text : {"a=1&a=2", "=1", "a=1&", "&a", "a=%", "a=1&%61=2"})
        EXPECT_EQ(thrown_by([&] { parse_query(text); }).kind(), Error::Kind::invalid) << text;
}

TEST(Request, FindsWhatItWasAsked) {
    Request request;
    request.headers = {{"cookie", "a=1; session=x=y"}, {"cookie", "late=3"}, {"accept", "json"}};
    request.query = {{"n", "-12"}, {"word", "many"}, {"empty", ""}};
    EXPECT_EQ(request.header("accept"), "json");
    EXPECT_FALSE(request.header("Accept"));  // names are in lower case
    EXPECT_EQ(request.cookie("session"), "x=y");
    EXPECT_EQ(request.cookie("late"), "3");
    EXPECT_FALSE(request.cookie("ses"));
    EXPECT_EQ(request.asked_number("n"), -12);
    EXPECT_FALSE(request.asked_number("none"));
    EXPECT_EQ(thrown_by([&] { request.asked_number("word"); }).where(), "word");
    EXPECT_EQ(thrown_by([&] { request.asked_number("empty"); }).where(), "empty");
    EXPECT_EQ(thrown_by([&] { request.json(); }).kind(), Error::Kind::invalid);
    request.content = "{\"a\":";
    EXPECT_EQ(thrown_by([&] { request.json(); }).kind(), Error::Kind::invalid);
    request.content = "{\"a\":1}";
    EXPECT_EQ(request.json().at("a").as_int64(), 1);
}

TEST(Errors, GoThereAndBack) {
    using Kind = Error::Kind;
    for (const Kind kind : {Kind::invalid, Kind::not_found, Kind::conflict, Kind::denied, Kind::unavailable,
                            Kind::exhausted, Kind::internal}) {
        const Response response = Response::error(Error(kind, "What \"happened\".", "What to do.", "steps[1]"));
        const Error back = error_of(response.status, response.content);
        EXPECT_EQ(back.kind(), kind);
        EXPECT_STREQ(back.what(), "What \"happened\".");
        EXPECT_EQ(back.hint(), "What to do.");
        EXPECT_EQ(back.where(), "steps[1]");
    }
    EXPECT_EQ(Response::error(Error(Kind::denied, "No."), 401).status, 401);
    EXPECT_EQ(error_of(503, Response::error(Error(Kind::internal, "x")).content).kind(), Kind::unavailable);
}

TEST(Errors, OfOthersAreToldByTheirStatus) {
    for (const char* body :
         {"", "<html>Bad Gateway</html>", "{}", "[]", "{\"error\":7}", "{\"error\":{\"kind\":\"odd\"}}",
          "{\"error\":{\"kind\":\"invalid\"", "{\"error\":{\"kind\":\"invalid\",\"message\":4}}"}) {
        EXPECT_EQ(error_of(502, body).kind(), Error::Kind::unavailable) << body;
        EXPECT_EQ(error_of(401, body).kind(), Error::Kind::denied);
        EXPECT_EQ(error_of(413, body).kind(), Error::Kind::exhausted);
        EXPECT_EQ(error_of(422, body).kind(), Error::Kind::invalid);
        EXPECT_EQ(error_of(500, body).kind(), Error::Kind::internal);
    }
}

TEST(Errors, WithBytesThatAreNotTextCanBeSent) {
    const Response response = Response::error(Error(Error::Kind::invalid, "bad \xff name"));
    EXPECT_STREQ(error_of(400, response.content).what(), "bad \\xff name");
}

TEST(Head, RefusesWhatWouldSplitIt) {
    Response response = Response::text("x");
    EXPECT_NO_THROW(check_head(response));
    EXPECT_THROW(check_head(Response(response).with("X-A", "b\r\nSet-Cookie: c")), std::logic_error);
    EXPECT_THROW(check_head(Response(response).with("X-A", "b\n")), std::logic_error);
    EXPECT_THROW(check_head(Response(response).with("X A", "b")), std::logic_error);
    EXPECT_THROW(check_head(Response(response).with("", "b")), std::logic_error);
    EXPECT_THROW(check_head(Response(response).with("content-length", "7")), std::logic_error);
    response.status = 42;
    EXPECT_THROW(check_head(response), std::logic_error);
}

TEST(Head, KeepsTheCachingThatAHandlerWants) {
    Response response = Response::text("x");
    EXPECT_NE(head_text(response, {}).find("Cache-Control: no-store\r\n"), std::string::npos);
    response.with("cache-control", "max-age=60");
    EXPECT_EQ(head_text(response, {}).find("no-store"), std::string::npos);
}

TEST(Range, IsReadAsOthersReadIt) {
    const auto is = [](std::string_view text, std::uint64_t size, std::uint64_t first, std::uint64_t length) {
        const auto range = parse_range(text, size);
        return range && range->first == first && range->size == length;
    };
    EXPECT_TRUE(is("bytes=0-0", 10, 0, 1));
    EXPECT_TRUE(is("bytes=2-4", 10, 2, 3));
    EXPECT_TRUE(is("bytes=2-", 10, 2, 8));
    EXPECT_TRUE(is("bytes=2-999999999999999999", 10, 2, 8));
    EXPECT_TRUE(is("bytes=-3", 10, 7, 3));
    EXPECT_TRUE(is("bytes=-30", 10, 0, 10));
    for (const char* whole : {"", "bytes=", "bytes=-", "bytes=4-2", "bytes=a-b", "bytes=1-2,4-5", "items=0-1",
                              "bytes=+1-2", "bytes=0-99999999999999999999999", "bytes=1 - 2", "bytes=--1"})
        EXPECT_TRUE(is(whole, 10, 0, 10)) << whole;
    for (const char* beyond : {"bytes=10-", "bytes=10-12", "bytes=-0"})
        EXPECT_FALSE(parse_range(beyond, 10)) << beyond;
    EXPECT_FALSE(parse_range("bytes=0-", 0));
    EXPECT_FALSE(parse_range("bytes=-1", 0));
}

class FileTest : public ::testing::Test {
protected:
    FileTest() : path_(folder_.path() / "f") { write_file_durably(path_, "0123456789"); }

    Response ask(Headers headers, Method method = Method::get) {
        Request request;
        request.method = method;
        request.headers = std::move(headers);
        const Fd file = open_file(path_, O_RDONLY);  // closed before it is read: the response keeps its own
        return file_response(request, file.get(), 10, "text/plain", "tag");
    }
    static std::string bytes_of(const Response& response) {
        std::string all;
        for (std::string_view piece = response.pieces(); !piece.empty(); piece = response.pieces())
            all += piece;
        return all;
    }

    TemporaryFolder folder_;
    std::filesystem::path path_;
};

TEST_F(FileTest, ComesWholeOrInPart) {
    const Response whole = ask({});
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(whole.length, 10u);
    EXPECT_EQ(bytes_of(whole), "0123456789");
    const Response part = ask({{"range", "bytes=3-5"}});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.length, 3u);
    EXPECT_EQ(bytes_of(part), "345");
    const Headers& headers = part.headers;
    EXPECT_NE(
        std::find(headers.begin(), headers.end(), std::pair<std::string, std::string>("Content-Range", "bytes 3-5/10")),
        headers.end());
    EXPECT_EQ(ask({{"range", "bytes=10-"}}).status, 416);
    EXPECT_EQ(ask({{"range", "bytes=3-5"}}, Method::head).status, 200);
}

TEST_F(FileTest, IsNotSentTwice) {
    EXPECT_EQ(ask({{"if-none-match", "\"tag\""}}).status, 304);
    EXPECT_EQ(ask({{"if-none-match", "\"x\", W/\"tag\""}}).status, 304);
    EXPECT_EQ(ask({{"if-none-match", "*"}}).status, 304);
    EXPECT_EQ(ask({{"if-none-match", "\"other\""}}).status, 200);
    EXPECT_EQ(ask({{"if-range", "\"tag\""}, {"range", "bytes=1-1"}}).status, 206);
    EXPECT_EQ(ask({{"if-range", "\"other\""}, {"range", "bytes=1-1"}}).status, 200);
}

TEST_F(FileTest, ThatBecameShorterIsAnError) {
    const Response whole = ask({});
    write_all(open_file(path_, O_WRONLY | O_TRUNC).get(), "01", path_);
    EXPECT_EQ(whole.pieces(), "01");
    EXPECT_EQ(thrown_by([&] { whole.pieces(); }).kind(), Error::Kind::internal);
}

}  // namespace
}  // namespace atelier::http
