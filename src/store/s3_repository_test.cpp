// What is said to S3 and to Google, where no server of theirs is at hand: addresses, conditions, and services that
// stumble.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "base/testing.h"
#include "http/scripted_server.h"
#include "store/repository.h"

namespace atelier::store {
namespace {

using http::testing_support::answer_of;
using http::testing_support::ScriptedServer;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::error_of;

// The variables are the test's own while it runs.
class S3AddressTest : public testing::Test {
protected:
    S3AddressTest() {
        for (const char* name :
             {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
              "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "GCS_HMAC_ACCESS_ID", "GCS_HMAC_SECRET", "GCS_ENDPOINT_URL"})
            ::unsetenv(name);
    }
    static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
    static void use_s3(const ScriptedServer& server) {
        set("AWS_ACCESS_KEY_ID", "the-id");
        set("AWS_SECRET_ACCESS_KEY", "the-secret");
        set("AWS_ENDPOINT_URL", server.url("/"));
    }
    static void use_google(const ScriptedServer& server) {
        set("GCS_HMAC_ACCESS_ID", "the-id");
        set("GCS_HMAC_SECRET", "the-secret");
        set("GCS_ENDPOINT_URL", server.url(""));
    }
    static bool publish_if(Repository& repository, const std::optional<std::string>& tag) {
        return repository.publish_if({"index.wtml", {}, "", "application/x-wtml+xml", "max-age=60"}, tag);
    }
};

TEST_F(S3AddressTest, ConditionsOfS3) {
    std::atomic<int> status = 200;
    ScriptedServer server([&](const std::string&) { return answer_of(std::to_string(status) + " X", "", ""); });
    use_s3(server);
    const auto repository = open_s3_repository("s3://sky/studies");
    EXPECT_EQ(repository->where(), "s3://sky/studies/");
    EXPECT_TRUE(publish_if(*repository, std::nullopt));
    EXPECT_THAT(server.heads().back(), StartsWith("PUT /sky/studies/index.wtml HTTP/1.1\r\n"));
    EXPECT_THAT(server.heads().back(), HasSubstr("If-None-Match: *\r\n"));
    EXPECT_THAT(server.heads().back(), HasSubstr("Cache-Control: max-age=60\r\n"));
    EXPECT_TRUE(publish_if(*repository, "abc"));
    EXPECT_THAT(server.heads().back(), HasSubstr("If-Match: \"abc\"\r\n"));
    EXPECT_THAT(server.heads().back(), HasSubstr("SignedHeaders=cache-control;content-type;host;if-match;x-amz-"));
    for (const int refused : {412, 409}) {
        status = refused;
        EXPECT_FALSE(publish_if(*repository, "abc"));
    }
    EXPECT_THAT(server.heads().back(), Not(HasSubstr("the-secret")));
}

TEST_F(S3AddressTest, ConditionsOfGoogle) {
    ScriptedServer server([&](const std::string& head) {
        return answer_of("200 OK", "x-goog-generation: 17\r\nETag: \"e\"\r\n", head.starts_with("HEAD") ? "" : "x");
    });
    use_google(server);
    const auto repository = open_gcs_repository("gs://sky");
    EXPECT_TRUE(publish_if(*repository, std::nullopt));
    EXPECT_THAT(server.heads().back(), HasSubstr("x-goog-if-generation-match: 0\r\n"));
    EXPECT_THAT(server.heads().back(), HasSubstr("Authorization: GOOG4-HMAC-SHA256 Credential=the-id/"));
    EXPECT_THAT(server.heads().back(), Not(HasSubstr("x-amz-")));
    const auto head = repository->head("index.wtml");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->tag, "17");
    EXPECT_TRUE(publish_if(*repository, head->tag));
    EXPECT_THAT(server.heads().back(), HasSubstr("x-goog-if-generation-match: 17\r\n"));
}

TEST_F(S3AddressTest, StumblingServicesAreAskedAgain) {
    std::atomic<int> tries = 0;
    ScriptedServer server([&](const std::string&) -> std::string {
        switch (++tries) {
            case 1: return answer_of("503 Slow Down", "", "<Error><Code>SlowDown</Code></Error>");
            case 2: return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut";
            case 3: return "";
            default: return answer_of("200 OK", "", "whole");
        }
    });
    use_s3(server);
    EXPECT_EQ(open_s3_repository("s3://sky")->read("a", 100), "whole");
    EXPECT_EQ(server.count(), 4u);
}

TEST_F(S3AddressTest, ListsThatDontEndAreAnError) {
    ScriptedServer server([&](const std::string&) {
        return answer_of("200 OK", "",
                         "<ListBucketResult><IsTruncated>true</IsTruncated>"
                         "<NextContinuationToken>same</NextContinuationToken></ListBucketResult>");
    });
    use_s3(server);
    EXPECT_EQ(error_of([] { open_s3_repository("s3://sky")->folders(""); }).kind(), Error::Kind::unavailable);
    EXPECT_EQ(server.count(), 2u);
}

TEST_F(S3AddressTest, TheServicesOwnWordsArentShown) {
    ScriptedServer server([&](const std::string&) {
        return answer_of("403 Forbidden", "",
                         "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>the-id</StringToSign></Error>");
    });
    use_s3(server);
    const Error error = error_of([] { open_s3_repository("s3://sky")->read("a", 100); });
    EXPECT_EQ(error.kind(), Error::Kind::denied);
    EXPECT_THAT(error.what(), HasSubstr("SignatureDoesNotMatch"));
    EXPECT_THAT(error.what() + error.hint(), Not(HasSubstr("the-")));
}

TEST_F(S3AddressTest, WhatIsMissingOrWrongIsTold) {
    EXPECT_THAT(error_of([] { open_s3_repository("s3://sky"); }).hint(), HasSubstr("AWS_SECRET_ACCESS_KEY"));
    EXPECT_THAT(error_of([] { open_gcs_repository("gs://sky"); }).hint(), HasSubstr("GCS_HMAC_SECRET"));
    set("AWS_ACCESS_KEY_ID", "a");
    set("AWS_SECRET_ACCESS_KEY", "b");
    for (const char* url : {"", "sky", "gs://sky", "s3://", "s3:///a", "s3://a b", "s3://a?b", "s3://sky/../x"})
        EXPECT_EQ(error_of([&] { open_s3_repository(url); }).kind(), Error::Kind::invalid) << url;
    EXPECT_EQ(open_s3_repository("s3://sky/a/b/")->where(), "s3://sky/a/b/");
    for (const char* endpoint : {"ftp://h", "h", "http://", "https://u@h", "https://h/path", "https://h\r\nX: y"}) {
        set("AWS_ENDPOINT_URL", endpoint);
        EXPECT_EQ(error_of([] { open_s3_repository("s3://sky"); }).kind(), Error::Kind::invalid) << endpoint;
    }
}

}  // namespace
}  // namespace atelier::store
