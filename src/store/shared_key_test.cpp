// Connection strings as people have them, and as they break them; a signature as Azurite accepts it.
#include "store/shared_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace atelier::store {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::error_of;

TEST(ConnectionString, OfAnAccount) {
    const AzureAccount account = parse_connection_string(
        "DefaultEndpointsProtocol=https;AccountName=sky;AccountKey=c2VjcmV0a2V5IQ==;EndpointSuffix=core.windows.net");
    EXPECT_EQ(account.name, "sky");
    EXPECT_EQ(account.key, "secretkey!");
    EXPECT_EQ(account.blob_endpoint, "https://sky.blob.core.windows.net");
    EXPECT_EQ(account.shared_access, "");
}

TEST(ConnectionString, OrderBlanksAndOtherServicesDontMatter) {
    const AzureAccount account = parse_connection_string(
        " AccountKey = c2VjcmV0 ; accountname=sky;QueueEndpoint=https://q;\nEndpointSuffix=core.chinacloudapi.cn;; ");
    EXPECT_EQ(account.blob_endpoint, "https://sky.blob.core.chinacloudapi.cn");
    EXPECT_EQ(account.key, "secret");
}

TEST(ConnectionString, WithAnEndpoint) {
    const AzureAccount account =
        parse_connection_string("BlobEndpoint=http://127.0.0.1:10000/dev/;AccountKey=c2VjcmV0;AccountName=dev");
    EXPECT_EQ(account.blob_endpoint, "http://127.0.0.1:10000/dev");
}

TEST(ConnectionString, WithASharedAccessSignature) {
    const AzureAccount account =
        parse_connection_string("BlobEndpoint=https://sky.blob.core.windows.net/;SharedAccessSignature=?sv=1&sig=a%3D");
    EXPECT_EQ(account.shared_access, "sv=1&sig=a%3D");
    EXPECT_EQ(account.name, "sky");
    EXPECT_EQ(account.key, "");
    EXPECT_EQ(parse_connection_string("AccountName=a;AccountKey=c2VjcmV0;SharedAccessSignature=s").shared_access, "");
}

TEST(ConnectionString, OfTheEmulator) {
    const AzureAccount account = parse_connection_string("UseDevelopmentStorage=true");
    EXPECT_EQ(account.name, "devstoreaccount1");
    EXPECT_EQ(account.blob_endpoint, "http://127.0.0.1:10000/devstoreaccount1");
    EXPECT_EQ(account.key.size(), 64u);
}

TEST(ConnectionString, WhatIsWrongIsToldWithoutValues) {
    for (const char* text :
         {"", "topsecret", "AccountName=topsecret", "AccountName=a;AccountKey=topsecret", "AccountKey=dG9wc2VjcmV0",
          "AccountName=a;AccountName=topsecret;AccountKey=c2VjcmV0", "=topsecret;AccountName=a",
          "AccountName=a;AccountKey=c2VjcmV0;DefaultEndpointsProtocol=topsecret", "UseDevelopmentStorage=topsecret",
          "BlobEndpoint=https://topsecret@host;AccountKey=c2VjcmV0", "AccountName=a\x01topsecret;AccountKey=c2VjcmV0",
          "BlobEndpoint=https://h?topsecret;AccountKey=c2VjcmV0", "AccountName=top secret;AccountKey=c2VjcmV0"}) {
        const Error error = error_of([&] { parse_connection_string(text); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid) << text;
        EXPECT_THAT(error.what() + error.hint(), Not(HasSubstr("secret"))) << text;
    }
}

// What is signed, spelled out.
TEST(SharedKey, SignsWhatTheServiceSigns) {
    AzureAccount account;
    account.name = "myaccount";
    account.key = "key";
    const http::Headers headers{{"Content-Type", "text/plain"},
                                {"x-ms-version", "2021-12-02"},
                                {"x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"},
                                {"If-Match", "\"1\""}};
    // HMAC-SHA256 of "PUT\n\n\n5\n\ntext/plain\n\n\n\"1\"\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n
    // x-ms-version:2021-12-02\n/myaccount/c/a%20b\nblockid:x y\ncomp:block" by the key, as openssl dgst -hmac tells it.
    EXPECT_EQ(shared_key_authorization(account, "PUT", "/c/a%20b", {{"comp", "block"}, {"blockid", "x y"}}, headers, 5),
              "SharedKey myaccount:S6eUR4JFBBERE9ABZwrVzK/684bOtj08LNVE8VGFwOM=");
}

}  // namespace
}  // namespace atelier::store
