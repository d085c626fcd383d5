#include "http/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing.h"

namespace atelier::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::error_of;

// Each part as NAME|FILENAME|CONTENT.
std::vector<std::string> read(const std::string& body, std::size_t step, const std::string& boundary = "b") {
    std::vector<std::string> parts;
    Multipart form(
        "multipart/form-data; boundary=" + boundary,
        [&](const FormPart& part) { parts.push_back(part.name + "|" + part.filename.value_or("-") + "|"); },
        [&](std::string_view bytes) { parts.back() += bytes; });
    for (std::size_t at = 0; at < body.size(); at += step)
        form.feed(std::string_view(body).substr(at, step));
    form.finish();
    return parts;
}

std::string part(const std::string& disposition, const std::string& content) {
    return "--b\r\nContent-Type: text/x\r\ncontent-disposition: form-data; " + disposition + "\r\n\r\n" + content +
           "\r\n";
}

TEST(Multipart, GivesItsPartsHoweverTheyCome) {
    const std::string nearly = "\r\n--a\r\n--\r\n\r\r\n-";
    const std::string body = "what nobody reads\r\n" + part("name=\"file\"; filename=\"a \\\"b\\\".blend\"", nearly) +
                             part("name=frames", "1-3") + part("name=\"empty\"; filename=\"\"", "") +
                             part("name=\"last\"", "\r\n") + "--b--\r\nnor this\r\n--b\r\n";
    for (std::size_t step = 1; step <= body.size(); ++step)
        EXPECT_THAT(read(body, step),
                    ElementsAre("file|a \"b\".blend|" + nearly, "frames|-|1-3", "empty||", "last|-|\r\n"))
            << step;
}

TEST(Multipart, NeedsNoMemoryForALargePart) {
    std::size_t bytes = 0;
    std::size_t largest = 0;
    Multipart form(
        "multipart/form-data; boundary=b", [](const FormPart&) {},
        [&](std::string_view piece) {
            bytes += piece.size();
            largest = std::max(largest, piece.size());
        });
    form.feed("--b\r\nContent-Disposition: form-data; name=f\r\n\r\n");
    const std::string piece(100'000, '\r');
    for (int i = 0; i < 100; ++i)
        form.feed(piece);
    form.feed("\r\n--b--");
    form.finish();
    EXPECT_EQ(bytes, 100 * piece.size());
    EXPECT_LE(largest, piece.size() + 10);
}

TEST(Multipart, RefusesWhatIsNoForm) {
    const std::string whole = part("name=x", "y") + "--b--";
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_THAT(error_of([&] { read(whole.substr(0, size), 1000); }).what(), HasSubstr("form is broken")) << size;
    for (const std::string& body :
         {std::string("--b\r\n\r\nno name\r\n--b--"), std::string("--b\r\nX: y\r\n\r\nno name\r\n--b--"),
          std::string("--bx\r\n"), part("filename=x", "") + "--b--", part("name=\"x", "") + "--b--",
          std::string("--b\r\nno colon\r\n\r\n\r\n--b--"), "--b\r\nX: " + std::string(20'000, 'x'),
          "--b" + std::string(1000, ' ') + "\r\n"})
        EXPECT_EQ(error_of([&] { read(body, 7); }).kind(), Error::Kind::invalid) << body.substr(0, 50);
    std::string many;
    for (int i = 0; i < 101; ++i)
        many += part("name=x", "");
    EXPECT_THAT(error_of([&] { read(many + "--b--", 1000); }).what(), HasSubstr("more than 100 parts"));
}

TEST(Multipart, NeedsABoundary) {
    for (const char* type :
         {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"",
          "text/plain; boundary=b", "multipart/mixed; boundary=b", ""})
        EXPECT_EQ(error_of([&] { Multipart(type, {}, {}); }).kind(), Error::Kind::invalid) << type;
    EXPECT_EQ(error_of([&] { Multipart("multipart/form-data; boundary=" + std::string(71, 'b'), {}, {}); }).kind(),
              Error::Kind::invalid);
    EXPECT_THAT(read(part("name=x; filename=\"C:\\dir\\a\\\\b.blend\"", "y") + "--b--", 9),
                ElementsAre("x|C:\\dir\\a\\b.blend|y"));
    EXPECT_THAT(read("--a b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n--a b--", 5, "\"a b\"; charset=x"),
                ElementsAre("x|-|y"));
    EXPECT_TRUE(Multipart::is_form("Multipart/Form-Data; boundary=x"));
    EXPECT_FALSE(Multipart::is_form("application/octet-stream"));
}

}  // namespace
}  // namespace atelier::http
