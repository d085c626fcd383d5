// The examples of signatures that AWS publishes for S3, and the same rules under Google's names.
#include "store/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atelier::store {
namespace {

constexpr Micros example_time = Micros{1'369'353'600} * 1'000'000;  // 2013-05-24T00:00:00Z

SigningKey example_key() {
    return {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "us-east-1"};
}

std::string header_of(const http::Headers& headers, const std::string& name) {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

std::string signature_of(const ToSign& request) {
    const std::string text = header_of(sign_v4(example_key(), request, example_time), "Authorization");
    return text.substr(text.find("Signature=") + 10);
}

ToSign example(const std::string& method, const std::string& path) {
    ToSign request;
    request.method = method;
    request.host = "examplebucket.s3.amazonaws.com";
    request.path = path;
    return request;
}

TEST(SigV4, GetsPartOfAnObject) {
    ToSign request = example("GET", "/test.txt");
    request.headers = {{"Range", "bytes=0-9"}};
    const http::Headers headers = sign_v4(example_key(), request, example_time);
    EXPECT_EQ(header_of(headers, "Authorization"),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
              "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    EXPECT_EQ(header_of(headers, "x-amz-date"), "20130524T000000Z");
    EXPECT_EQ(header_of(headers, "Range"), "bytes=0-9");
}

TEST(SigV4, PutsAnObject) {
    ToSign request = example("PUT", "/" + path_text("test$file.text"));
    request.headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    request.content = "Welcome to Amazon S3.";
    EXPECT_EQ(signature_of(request), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, GetsTheLifecycle) {
    ToSign request = example("GET", "/");
    request.query = {{"lifecycle", ""}};
    EXPECT_EQ(signature_of(request), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4, ListsObjects) {
    ToSign request = example("GET", "/");
    request.query = {{"prefix", "J"}, {"max-keys", "2"}};
    EXPECT_EQ(signature_of(request), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, ASessionsTokenIsSigned) {
    SigningKey key = example_key();
    key.session_token = "the-token";
    const http::Headers headers = sign_v4(key, example("GET", "/"), example_time);
    EXPECT_EQ(header_of(headers, "x-amz-security-token"), "the-token");
    EXPECT_THAT(header_of(headers, "Authorization"), testing::HasSubstr(";x-amz-security-token,"));
}

TEST(SigV4, GooglesNames) {
    SigningKey key = example_key();
    key.is_google = true;
    key.region = "auto";
    const http::Headers headers = sign_v4(key, example("GET", "/"), example_time);
    EXPECT_THAT(header_of(headers, "Authorization"),
                testing::StartsWith("GOOG4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/auto/storage/"
                                    "goog4_request,SignedHeaders=host;x-goog-content-sha256;x-goog-date,"));
}

TEST(SigV4, NamesAreEncodedAsTheyAreSigned) {
    EXPECT_EQ(path_text("a/b c/~d+e"), "a/b%20c/~d%2Be");
    EXPECT_EQ(path_text(""), "");
    EXPECT_EQ(query_text({{"b", "1/2"}, {"a", "\xc3\xa4"}}), "a=%C3%A4&b=1%2F2");
}

}  // namespace
}  // namespace atelier::store
