// Fetching from servers that redirect, break off, are busy, pack what they send, or mean ill.
#include "http/fetch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <zlib.h>

#include <atomic>

#include "base/testing.h"
#include "http/scripted_server.h"

namespace atelier::http {
namespace {

namespace fs = std::filesystem;
using atelier::testing_support::error_of;
using testing::HasSubstr;
using testing::Not;
using testing_support::answer_of;
using testing_support::ScriptedServer;

FetchOptions quick() {
    FetchOptions options;
    options.persistence.first_pause = std::chrono::milliseconds(1);
    options.persistence.longest_pause = std::chrono::milliseconds(2'000);
    options.persistence.tries = 4;
    return options;
}

bool asks(const std::string& head, const std::string& path) { return head.starts_with("GET " + path + " "); }

std::string header_in(const std::string& head, const std::string& name) {
    const std::size_t begin = head.find("\r\n" + name + ": ");
    if (begin == std::string::npos) return {};
    const std::size_t value = begin + name.size() + 4;
    return head.substr(value, head.find('\r', value) - value);
}

// window: 15 + 16 for gzip, 15 for deflate with zlib's head, -15 for deflate alone.
std::string packed(const std::string& text, int window) {
    z_stream stream{};
    if (::deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    std::string out(text.size() + 1000, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

TEST(Fetch, GivesContentTypeAndVersion) {
    ScriptedServer server([](const std::string&) {
        return answer_of("200 OK", "Content-Type: text/x\r\nETag: \"1\"\r\nLast-Modified: yesterday\r\n", "hello");
    });
    const Fetched fetched = Fetcher(quick()).fetch(server.url("/a?b=c"), 100);
    EXPECT_EQ(fetched.content, "hello");
    EXPECT_EQ(fetched.size, 5u);
    EXPECT_EQ(fetched.type, "text/x");
    EXPECT_EQ(fetched.version, (Version{"\"1\"", "yesterday"}));
    EXPECT_EQ(fetched.url, server.url("/a?b=c"));
    EXPECT_FALSE(fetched.is_unchanged);
    EXPECT_THAT(server.heads().at(0), HasSubstr("User-Agent: atelier"));
}

TEST(Fetch, UnpacksWhatServersPack) {
    for (const int window : {15 + 16, 15, -15}) {
        const std::string encoding = window > 15 ? "gzip" : "deflate";
        ScriptedServer server([&](const std::string&) {
            return answer_of("200 OK", "Content-Encoding: " + encoding + "\r\n", packed("hello, hello, hello", window));
        });
        EXPECT_EQ(Fetcher(quick()).fetch(server.url(), 100).content, "hello, hello, hello");
        EXPECT_EQ(header_in(server.heads().at(0), "Accept-Encoding"), "gzip, deflate");
    }
}

TEST(Fetch, WhatCantBeUnpackedIsAnError) {
    ScriptedServer server(
        [](const std::string&) { return answer_of("200 OK", "Content-Encoding: gzip\r\n", "this isn't gzip"); });
    EXPECT_EQ(error_of([&] { Fetcher(quick()).fetch(server.url(), 100); }).kind(), Error::Kind::unavailable);
}

TEST(Fetch, TheLimitCountsWhatIsUnpacked) {
    const std::string bomb = packed(std::string(5u << 20, 'x'), 15 + 16);
    ASSERT_LT(bomb.size(), 10'000u);
    ScriptedServer server([&](const std::string&) { return answer_of("200 OK", "Content-Encoding: gzip\r\n", bomb); });
    EXPECT_EQ(error_of([&] { Fetcher(quick()).fetch(server.url(), 1u << 20); }).kind(), Error::Kind::exhausted);
    EXPECT_EQ(Fetcher(quick()).fetch(server.url(), 5u << 20).size, 5u << 20);
    EXPECT_EQ(server.count(), 2u);  // too large now is too large later
}

TEST(Fetch, AsksWhetherSomethingChanged) {
    ScriptedServer server([](const std::string& head) {
        return header_in(head, "If-None-Match") == "\"v1\"" && header_in(head, "If-Modified-Since") == "then"
                   ? "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
                   : answer_of("200 OK", "ETag: \"v2\"\r\n", "new");
    });
    Fetcher fetcher(quick());
    const Fetched same = fetcher.fetch(server.url(), 100, Version{"\"v1\"", "then"});
    EXPECT_TRUE(same.is_unchanged);
    EXPECT_EQ(same.version.etag, "\"v1\"");
    EXPECT_EQ(fetcher.fetch(server.url(), 100, Version{"\"v0\"", ""}).content, "new");
    EXPECT_EQ(fetcher.fetch(server.url(), 100).content, "new");
}

TEST(Fetch, FollowsRedirects) {
    ScriptedServer server([](const std::string& head) {
        if (asks(head, "/a/b")) return answer_of("302 Found", "Location: ../c?d=1#there\r\n", "");
        if (asks(head, "/c?d=1")) return answer_of("308 Permanent Redirect", "Location: /with%20a blank\r\n", "x");
        if (asks(head, "/with%20a%20blank")) return answer_of("200 OK", "", "here");
        return answer_of("404 Not Found", "", "");
    });
    const Fetched fetched = Fetcher(quick()).fetch(server.url("/a/b"), 100);
    EXPECT_EQ(fetched.content, "here");
    EXPECT_EQ(fetched.url, server.url("/with%20a%20blank"));
}

TEST(Fetch, RefusesCircles) {
    ScriptedServer server([](const std::string& head) {
        return answer_of("301 Moved", asks(head, "/a") ? "Location: /b\r\n" : "Location: /a\r\n", "");
    });
    const Error error = error_of([&] { Fetcher(quick()).fetch(server.url("/a"), 100); });
    EXPECT_EQ(error.kind(), Error::Kind::invalid);
    EXPECT_THAT(error.what(), HasSubstr("circle"));
    EXPECT_EQ(server.count(), 2u);
}

TEST(Fetch, RefusesRedirectsWithoutEnd) {
    std::atomic<int> number = 0;
    ScriptedServer server([&](const std::string&) {
        return answer_of("302 Found", "Location: /" + std::to_string(++number) + "\r\n", "");
    });
    const Error error = error_of([&] { Fetcher(quick()).fetch(server.url("/a"), 100); });
    EXPECT_EQ(error.kind(), Error::Kind::invalid);
    EXPECT_EQ(server.count(), 9u);
}

TEST(Fetch, RefusesToBeLedOutOfTheWeb) {
    for (const char* target : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/", "javascript:1", ""}) {
        ScriptedServer server([&](const std::string&) {
            return answer_of("302 Found", "Location: " + std::string(target) + "\r\n", "");
        });
        EXPECT_EQ(error_of([&] { Fetcher(quick()).fetch(server.url(), 100); }).kind(), Error::Kind::invalid) << target;
    }
    EXPECT_EQ(error_of([&] { Fetcher(quick()).fetch("file:///etc/passwd", 100'000); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { Fetcher(quick()).fetch("no address", 100); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { Fetcher(quick()).fetch("", 100); }).kind(), Error::Kind::invalid);
}

TEST(Fetch, TriesAgainWhenServersStumble) {
    std::atomic<int> tries = 0;
    ScriptedServer server([&](const std::string&) -> std::string {
        switch (++tries) {
            case 1: return answer_of("500 Oops", "", "sorry");
            case 2: return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";
            case 3: return "";
            default: return answer_of("200 OK", "", "whole");
        }
    });
    EXPECT_EQ(Fetcher(quick()).fetch(server.url(), 100).content, "whole");
    EXPECT_EQ(server.count(), 4u);
}

TEST(Fetch, GivesUpAfterSeveralTries) {
    ScriptedServer server([](const std::string&) { return answer_of("503 Busy", "", "sorry"); });
    EXPECT_EQ(error_of([&] { Fetcher(quick()).fetch(server.url(), 100); }).kind(), Error::Kind::unavailable);
    EXPECT_EQ(server.count(), 4u);
}

TEST(Fetch, WaitsAsLongAsItIsTold) {
    std::atomic<int> tries = 0;
    ScriptedServer server([&](const std::string&) {
        return ++tries == 1 ? answer_of("429 Slow", "Retry-After: 1\r\n", "") : answer_of("200 OK", "", "now");
    });
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(Fetcher(quick()).fetch(server.url(), 100).content, "now");
    EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(990));
}

TEST(Fetch, DoesntWaitForHours) {
    ScriptedServer server([](const std::string&) { return answer_of("429 Slow", "Retry-After: 7200\r\n", ""); });
    const Error error = error_of([&] { Fetcher(quick()).fetch(server.url(), 100); });
    EXPECT_EQ(error.kind(), Error::Kind::unavailable);
    EXPECT_THAT(error.hint(), HasSubstr("7200"));
    EXPECT_EQ(server.count(), 1u);
}

TEST(Fetch, ErrorsSayWhatIsWrongWithoutSecrets) {
    ScriptedServer server([](const std::string& head) {
        return answer_of(asks(head, "/none?sig=secret") ? "404 Not Found" : "403 Forbidden", "", "<html>");
    });
    const std::string host = server.url("").substr(7);
    const std::string address = "http://user:passw0rd@" + host + "/";
    const Error missing = error_of([&] { Fetcher(quick()).fetch(address + "none?sig=secret", 100); });
    EXPECT_EQ(missing.kind(), Error::Kind::not_found);
    EXPECT_THAT(missing.what(), HasSubstr(host + "/none?…"));
    const Error denied = error_of([&] { Fetcher(quick()).fetch(address + "x?sig=secret", 100); });
    EXPECT_EQ(denied.kind(), Error::Kind::denied);
    const Error gone = error_of([&] { Fetcher(quick()).fetch("http://u:passw0rd@127.0.0.1:1/x?sig=secret", 100); });
    EXPECT_EQ(gone.kind(), Error::Kind::unavailable);
    for (const Error& error : {missing, denied, gone})
        EXPECT_THAT(error.what() + error.hint(), testing::AllOf(Not(HasSubstr("secret")), Not(HasSubstr("passw0rd"))));
}

TEST(ShownUrl, HidesWhatMayBeSecret) {
    EXPECT_EQ(shown_url("https://u:p@h/p?q=1"), "https://h/p?…");
    EXPECT_EQ(shown_url("https://h/p@x#f"), "https://h/p@x");
    EXPECT_EQ(shown_url("https://u:p@h"), "https://h");
    EXPECT_EQ(shown_url(""), "");
}

class DownloadTest : public testing::Test {
protected:
    DownloadTest() {
        content_.resize(300'000);
        for (std::size_t i = 0; i < content_.size(); ++i)
            content_[i] = static_cast<char>('a' + i * 7919 % 26);
    }

    // A server that knows ranges, and breaks off after so many bytes of each answer.
    std::string serve(const std::string& head, std::size_t most, const std::string& etag) const {
        std::size_t first = 0;
        const std::string range = header_in(head, "Range");
        if (!range.empty() && header_in(head, "If-Range") == etag) first = std::stoul(range.substr(6));
        const std::size_t length = content_.size() - first;
        std::string answer = "HTTP/1.1 " + std::string(first > 0 ? "206 Partial" : "200 OK") + "\r\nETag: " + etag +
                             "\r\nConnection: close\r\nContent-Length: " + std::to_string(length) + "\r\n";
        if (first > 0)
            answer += "Content-Range: bytes " + std::to_string(first) + '-' + std::to_string(content_.size() - 1) +
                      '/' + std::to_string(content_.size()) + "\r\n";
        return answer + "\r\n" + content_.substr(first, most);
    }

    Download wanted(const ScriptedServer& server) const {
        Download download;
        download.url = server.url("/image.tif?key=secret");
        download.file = file_;
        return download;
    }
    std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path()))
            names.push_back(entry.path().filename());
        std::sort(names.begin(), names.end());
        return names;
    }

    TemporaryFolder folder_;
    fs::path file_ = folder_.path() / "image.tif";
    std::string content_;
};

TEST_F(DownloadTest, LaysTheWholeFile) {
    ScriptedServer server([&](const std::string& head) { return serve(head, 1u << 30, "\"1\""); });
    Download download = wanted(server);
    std::uint64_t seen = 0;
    download.progress = [&](std::uint64_t done, std::optional<std::uint64_t> of) {
        EXPECT_GT(done, seen);
        EXPECT_EQ(of, content_.size());
        seen = done;
    };
    download.size = content_.size();
    const Fetched fetched = Fetcher(quick()).download(download);
    EXPECT_EQ(fetched.size, content_.size());
    EXPECT_EQ(seen, content_.size());
    EXPECT_EQ(fetched.version.etag, "\"1\"");
    EXPECT_TRUE(read_file(file_) == content_);
    EXPECT_THAT(left(), testing::ElementsAre("image.tif"));
}

TEST_F(DownloadTest, GoesOnWhereItBrokeOff) {
    ScriptedServer server([&](const std::string& head) { return serve(head, 100'000, "\"1\""); });
    Fetcher(quick()).download(wanted(server));
    EXPECT_TRUE(read_file(file_) == content_);
    ASSERT_EQ(server.count(), 3u);
    EXPECT_EQ(header_in(server.heads()[0], "Range"), "");
    EXPECT_EQ(header_in(server.heads()[1], "Range"), "bytes=100000-");
    EXPECT_EQ(header_in(server.heads()[2], "Range"), "bytes=200000-");
}

TEST_F(DownloadTest, AnyNumberOfBreaksIsFineWhileThereIsMore) {
    ScriptedServer server([&](const std::string& head) { return serve(head, 30'000, "\"1\""); });
    EXPECT_EQ(Fetcher(quick()).download(wanted(server)).size, content_.size());
    EXPECT_EQ(server.count(), 10u);
}

TEST_F(DownloadTest, ALaterProcessGoesOnToo) {
    std::atomic<int> answers = 4;
    ScriptedServer server([&](const std::string& head) { return --answers < 0 ? "" : serve(head, 50'000, "\"1\""); });
    EXPECT_EQ(error_of([&] { Fetcher(quick()).download(wanted(server)); }).kind(), Error::Kind::unavailable);
    EXPECT_THAT(left(), testing::ElementsAre("image.tif.part", "image.tif.part.version"));
    EXPECT_THAT(read_file(folder_.path() / "image.tif.part.version"), Not(HasSubstr("secret")));
    answers = 100;
    Fetcher(quick()).download(wanted(server));
    EXPECT_EQ(header_in(server.heads().back(), "Range"), "bytes=250000-");
    EXPECT_TRUE(read_file(file_) == content_);
    EXPECT_THAT(left(), testing::ElementsAre("image.tif"));
}

TEST_F(DownloadTest, WhatChangedMeanwhileIsFetchedWhole) {
    std::atomic<int> tries = 0;
    ScriptedServer server([&](const std::string& head) {
        return ++tries == 1 ? serve(head, 1000, "\"1\"") : serve(head, 1u << 30, "\"2\"");
    });
    EXPECT_EQ(Fetcher(quick()).download(wanted(server)).version.etag, "\"2\"");
    EXPECT_EQ(header_in(server.heads()[1], "If-Range"), "\"1\"");
    EXPECT_TRUE(read_file(file_) == content_);
}

TEST_F(DownloadTest, WithoutAVersionItBeginsAnew) {
    for (const char* etag : {"", "W/\"weak\""}) {
        std::atomic<int> tries = 0;
        ScriptedServer server(
            [&](const std::string& head) { return serve(head, ++tries == 1 ? 1000 : 1u << 30, etag); });
        Fetcher(quick()).download(wanted(server));
        EXPECT_EQ(header_in(server.heads().at(1), "Range"), "");
        EXPECT_TRUE(read_file(file_) == content_);
    }
}

TEST_F(DownloadTest, ThePartOfAnotherAddressIsDropped) {
    std::atomic<int> answers = 2;
    ScriptedServer server([&](const std::string& head) { return --answers < 0 ? "" : serve(head, 50'000, "\"1\""); });
    error_of([&] { Fetcher(quick()).download(wanted(server)); });
    ASSERT_FALSE(left().empty());
    ScriptedServer other([&](const std::string& head) { return serve(head, 1u << 30, "\"1\""); });
    Fetcher(quick()).download(wanted(other));
    EXPECT_EQ(header_in(other.heads().at(0), "Range"), "");
    EXPECT_TRUE(read_file(file_) == content_);
}

TEST_F(DownloadTest, APartThatIsWholeAlreadyIsTaken) {
    ScriptedServer server([&](const std::string& head) {
        return header_in(head, "Range").empty()
                   ? serve(head, content_.size() - 1, "\"1\"")
                   : answer_of("416 Range Not Satisfiable",
                               "Content-Range: bytes */" + std::to_string(content_.size() - 1) + "\r\n", "");
    });
    EXPECT_EQ(Fetcher(quick()).download(wanted(server)).size, content_.size() - 1);
}

TEST_F(DownloadTest, StrangeRangesAreRefused) {
    ScriptedServer server([&](const std::string& head) {
        if (header_in(head, "Range").empty()) return serve(head, 1000, "\"1\"");
        return answer_of("206 Partial", "Content-Range: bytes 5-9/10\r\n", "xxxxx");
    });
    EXPECT_EQ(error_of([&] { Fetcher(quick()).download(wanted(server)); }).kind(), Error::Kind::unavailable);
    EXPECT_FALSE(fs::exists(file_));
    EXPECT_THAT(left(), testing::IsEmpty());
}

TEST_F(DownloadTest, SizeIsChecked) {
    ScriptedServer server([&](const std::string& head) { return serve(head, 1u << 30, "\"1\""); });
    Download download = wanted(server);
    download.size = 5;
    EXPECT_EQ(error_of([&] { Fetcher(quick()).download(download); }).kind(), Error::Kind::conflict);
    download.size.reset();
    download.limit = 1000;
    EXPECT_EQ(error_of([&] { Fetcher(quick()).download(download); }).kind(), Error::Kind::exhausted);
    download.limit = content_.size();
    EXPECT_THAT(left(), testing::IsEmpty());
    EXPECT_EQ(Fetcher(quick()).download(download).size, content_.size());
}

TEST_F(DownloadTest, NothingAndErrorsLeaveNothing) {
    ScriptedServer server([&](const std::string& head) {
        return header_in(head, "If-None-Match") == "\"1\"" ? "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
                                                           : answer_of("404 Not Found", "", "no such thing");
    });
    Download download = wanted(server);
    EXPECT_EQ(error_of([&] { Fetcher(quick()).download(download); }).kind(), Error::Kind::not_found);
    download.known = Version{"\"1\"", ""};
    EXPECT_TRUE(Fetcher(quick()).download(download).is_unchanged);
    EXPECT_THAT(left(), testing::IsEmpty());
}

TEST_F(DownloadTest, EmptyAndPackedFilesAreFine) {
    ScriptedServer empty([](const std::string&) { return answer_of("200 OK", "", ""); });
    EXPECT_EQ(Fetcher(quick()).download(wanted(empty)).size, 0u);
    EXPECT_EQ(read_file(file_), "");
    ScriptedServer packing([](const std::string&) {
        return answer_of("200 OK", "ETag: \"1\"\r\nContent-Encoding: gzip\r\n", packed("unpacked", 15 + 16));
    });
    EXPECT_EQ(Fetcher(quick()).download(wanted(packing)).version.etag, "\"1\"");
    EXPECT_EQ(header_in(packing.heads().at(0), "Accept-Encoding"), "identity");
    EXPECT_EQ(read_file(file_), "unpacked");
}

TEST_F(DownloadTest, OneProcessAtATime) {
    ScriptedServer server([&](const std::string& head) { return serve(head, 1u << 30, "\"1\""); });
    const Fd held = open_file(folder_.path() / "image.tif.part", O_RDWR | O_CREAT);
    ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
    EXPECT_EQ(error_of([&] { Fetcher(quick()).download(wanted(server)); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(server.count(), 0u);
}

TEST_F(DownloadTest, AFullDiskIsToldAtOnce) {
    const atelier::testing_support::SmallDisk disk(folder_.path() / "disk", "size=100k");
    if (!disk.mounted()) GTEST_SKIP() << "only root can mount a small disk";
    ScriptedServer server([&](const std::string& head) { return serve(head, 1u << 30, "\"1\""); });
    Download download = wanted(server);
    download.file = folder_.path() / "disk/image.tif";
    EXPECT_EQ(error_of([&] { Fetcher(quick()).download(download); }).kind(), Error::Kind::exhausted);
    EXPECT_EQ(server.count(), 1u);
}

}  // namespace
}  // namespace atelier::http
