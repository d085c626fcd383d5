// Published files in the cloud: what every repository promises, against a real Azurite, and what is the services' own.
#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>

#include "base/base64.h"
#include "base/hmac.h"
#include "base/time.h"
#include "store/repository_contract.h"
#include "store/testing_clouds.h"

namespace atelier::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Azurite;
using testing_support::error_of;

AzurePlace place_of(const std::string& container, const std::string& prefix) {
    return {Azurite::shared().connection_string(), container, prefix};
}

// Each number has a container of its own, or a prefix.
std::unique_ptr<Repository> open_container(int number) {
    static std::map<int, std::string> containers;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::string& container = containers[number];
    if (container.empty()) container = Azurite::shared().new_container();
    return open_azure_repository(place_of(container, ""));
}

std::unique_ptr<Repository> open_prefix(int number) {
    static const std::string container = Azurite::shared().new_container();
    return open_azure_repository(place_of(container, "/studies/" + std::to_string(number) + "/"));
}

// Swift with its S3 interface, which checks signatures but no conditions.
class SwiftServer {
public:
    SwiftServer() {
        ::setenv("AWS_ENDPOINT_URL_S3", address_.c_str(), 1);
        ::unsetenv("AWS_SESSION_TOKEN");
        ::unsetenv("AWS_REGION");
        give_key("farmsecret");
        if (make_bucket("farm") >= 300) throw Error(Error::Kind::internal, "no bucket can be made");
    }
    static SwiftServer& shared() {
        static SwiftServer server;
        return server;
    }
    static void give_key(const char* secret) {
        ::setenv("AWS_ACCESS_KEY_ID", "test:farm", 1);
        ::setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
    }

private:
    int make_bucket(const std::string& name) const {
        ToSign request;
        request.method = "PUT";
        request.host = address_.substr(7);
        request.path = '/' + name;
        http::Call call;
        call.method = "PUT";
        call.url = address_ + request.path;
        call.headers = sign_v4({"test:farm", "farmsecret", "", "us-east-1"}, request, system_clock().wall());
        http::Caller caller;
        return caller.send(call).status;
    }

    testing_support::CloudServer server_{
        {std::string(std::getenv("ATELIER_SOURCE_DIR")) + "/tests/clouds/s3_server.py"},
        testing_support::CloudServer::Folder::given};
    std::string address_ = "http://" + server_.wait_for("listening on ");
};

std::unique_ptr<Repository> open_s3(int number) {
    SwiftServer::shared();
    return open_s3_repository("s3://farm/studies/" + std::to_string(number));
}

INSTANTIATE_TEST_SUITE_P(Cloud, RepositoryContract,
                         testing::Values(RepositoryKind{"azure", open_container},
                                         RepositoryKind{"azure_below_a_prefix", open_prefix},
                                         RepositoryKind{"s3", open_s3, false}),
                         [](const auto& kind) { return kind.param.name; });

class AzureTest : public testing::Test {
protected:
    static Upload text(const std::string& name, const std::string& content) {
        return {name, {}, content, content_type_of(name), "public, max-age=60"};
    }
    static void publish(Repository& repository, const std::vector<Upload>& uploads) { repository.publish(uploads); }

    const std::string container_ = Azurite::shared().new_container();
};

TEST_F(AzureTest, NamesHaveNoSlashInFrontAndTypesAreTold) {
    publish(*open_azure_repository(place_of(container_, "")), {text("ngc253/index.wtml", "<Folder/>")});
    const http::Reply head = Azurite::shared().ask("HEAD", "/" + container_ + "/ngc253/index.wtml");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("content-type"), "application/x-wtml+xml");
    EXPECT_EQ(head.header("cache-control"), "public, max-age=60");
    EXPECT_NE(head.header("content-md5"), "");
    publish(*open_azure_repository(place_of(container_, "a/b")), {text("c.png", "x")});
    EXPECT_EQ(Azurite::shared().ask("HEAD", "/" + container_ + "/a/b/c.png").header("content-type"), "image/png");
}

TEST_F(AzureTest, LargeFilesGoInBlocks) {
    TemporaryFolder folder;
    std::string large((20u << 20) + 12345, '\0');
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<char>(i * 2654435761u >> 24);
    std::ofstream(folder.path() / "large") << large;
    const auto repository = open_azure_repository(place_of(container_, ""));
    const Upload upload{"large.fits", folder.path() / "large", "", "image/fits", "max-age=5"};
    publish(*repository, {upload, text("small", "x")});
    EXPECT_TRUE(repository->read("large.fits", 64u << 20) == large);
    const http::Reply head = Azurite::shared().ask("HEAD", "/" + container_ + "/large.fits");
    EXPECT_EQ(head.header("content-type"), "image/fits");
    EXPECT_EQ(head.header("cache-control"), "max-age=5");
    EXPECT_FALSE(repository->publish_if(upload, std::nullopt));
    EXPECT_TRUE(repository->publish_if(upload, repository->head("large.fits")->tag));
}

TEST_F(AzureTest, ListsOfSeveralPages) {
    const auto repository = open_azure_repository(place_of(container_, ""));
    std::vector<Upload> uploads;
    for (int i = 0; i < 5200; ++i)
        uploads.push_back(text("many/" + std::to_string(i), ""));
    publish(*repository, uploads);
    std::vector<std::string> names;
    repository->list("many/", [&](const PublishedFile& file) { names.push_back(file.name); });
    EXPECT_EQ(names.size(), uploads.size());
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    EXPECT_THAT(repository->folders(""), testing::ElementsAre("many"));
}

TEST_F(AzureTest, AWrongKeyIsDeniedAndNotShown) {
    std::string wrong = place_of(container_, "").connection_string;
    const std::string key = "QmFkIGtleSwgYnV0IG9mIHRoZSByaWdodCBmb3JtLg==";
    wrong.replace(wrong.find(Azurite::key()), Azurite::key().size(), key);
    const auto repository = open_azure_repository({wrong, container_, ""});
    for (const Error& error : {error_of([&] { publish(*repository, {text("a", "x")}); }),
                               error_of([&] { repository->head("a"); }), error_of([&] { repository->folders(""); })}) {
        EXPECT_EQ(error.kind(), Error::Kind::denied);
        EXPECT_THAT(error.what() + error.hint(), AllOf(Not(HasSubstr(key)), HasSubstr(container_)));
        EXPECT_THAT(error.hint(), HasSubstr("right key"));
    }
}

// A signature for the whole account, for an hour, as the account's page gives them.
std::string shared_access(const std::string& permissions) {
    const AzureAccount account = parse_connection_string(Azurite::shared().connection_string());
    const std::string end = format_utc(system_clock().wall() + Micros{3600} * 1'000'000);
    const std::string to_sign =
        account.name + '\n' + permissions + "\nb\nsco\n\n" + end + "\n\nhttps,http\n2019-02-02\n";
    return query_text({{"sv", "2019-02-02"},
                       {"ss", "b"},
                       {"srt", "sco"},
                       {"sp", permissions},
                       {"se", end},
                       {"spr", "https,http"},
                       {"sig", base64_of(hmac_sha256(account.key, to_sign))}});
}

TEST_F(AzureTest, ASharedAccessSignatureWillDo) {
    const std::string endpoint = parse_connection_string(Azurite::shared().connection_string()).blob_endpoint;
    const auto with = [&](const std::string& permissions) {
        return open_azure_repository(
            {"BlobEndpoint=" + endpoint + ";SharedAccessSignature=" + shared_access(permissions), container_, "p"});
    };
    const auto repository = with("rwdlac");
    publish(*repository, {text("a/b.txt", "hello")});
    EXPECT_EQ(repository->read("a/b.txt", 10), "hello");
    EXPECT_THAT(repository->folders(""), testing::ElementsAre("a"));
    const auto reader = with("r");
    const Error error = error_of([&] { publish(*reader, {text("c", "x")}); });
    EXPECT_EQ(error.kind(), Error::Kind::denied);
    EXPECT_THAT(error.hint(), HasSubstr("shared access signature"));
    EXPECT_THAT(error.what() + error.hint(), Not(HasSubstr("sig=")));
}

TEST_F(AzureTest, AMissingContainerIsNamed) {
    const auto repository = open_azure_repository(place_of("no-such", ""));
    for (const Error& error :
         {error_of([&] { publish(*repository, {text("a", "x")}); }), error_of([&] { repository->read("a", 10); }),
          error_of([&] { repository->folders(""); })}) {
        EXPECT_EQ(error.kind(), Error::Kind::not_found);
        EXPECT_THAT(error.hint(), HasSubstr("no-such"));
    }
}

TEST_F(AzureTest, NothingListensThere) {
    const auto repository =
        open_azure_repository({"AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a", container_, ""});
    EXPECT_EQ(error_of([&] { repository->head("a"); }).kind(), Error::Kind::unavailable);
}

TEST(S3Test, LargeFilesGoInParts) {
    TemporaryFolder folder;
    const std::string large((20u << 20) + 12345, 'l');
    std::ofstream(folder.path() / "large") << large;
    const auto repository = open_s3(1000);
    const std::vector<Upload> uploads{{"large.fits", folder.path() / "large", "", "image/fits", "max-age=5"}};
    repository->publish(uploads);
    EXPECT_TRUE(repository->read("large.fits", 64u << 20) == large);
    EXPECT_EQ(repository->head("large.fits")->size, large.size());
}

TEST(S3Test, AWrongKeyIsDeniedAndNotShown) {
    SwiftServer::shared();
    SwiftServer::give_key("not-the-secret");
    const auto repository = open_s3_repository("s3://farm");
    SwiftServer::give_key("farmsecret");
    for (const Error& error :
         {error_of([&] { repository->read("a", 10); }), error_of([&] { repository->head("a"); })}) {
        EXPECT_EQ(error.kind(), Error::Kind::denied);
        EXPECT_THAT(error.what() + error.hint(), Not(HasSubstr("secret")));
        EXPECT_THAT(error.hint(), HasSubstr("AWS_SECRET_ACCESS_KEY"));
    }
}

TEST(S3Test, AMissingBucketIsNamed) {
    SwiftServer::shared();
    const auto repository = open_s3_repository("s3://no-such-bucket");
    const Error error = error_of([&] { repository->folders(""); });
    EXPECT_EQ(error.kind(), Error::Kind::not_found);
    EXPECT_THAT(error.hint(), HasSubstr("no-such-bucket"));
}

TEST(S3Test, WhereConditionsArentKnownItLooksFirst) {
    const auto repository = open_s3(1001);
    const Upload one{"i", {}, "one", "text/plain", ""}, two{"i", {}, "two", "text/plain", ""};
    EXPECT_TRUE(repository->publish_if(one, std::nullopt));
    EXPECT_FALSE(repository->publish_if(two, std::nullopt));
    EXPECT_TRUE(repository->publish_if(two, repository->head("i")->tag));
    EXPECT_EQ(repository->read("i", 10), "two");
}

}  // namespace
}  // namespace atelier::store
