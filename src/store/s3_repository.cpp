// Published files in a bucket of S3, of what speaks like it, and of Google Cloud Storage, by its XML interface.
#include <algorithm>
#include <cstdlib>

#include "base/base64.h"
#include "base/error.h"
#include "base/hmac.h"
#include "base/parallel.h"
#include "base/text.h"
#include "store/cloud_repository.h"
#include "store/sigv4.h"

namespace atelier::store {

namespace {

constexpr std::size_t parts_at_once = 8;

struct Bucket {
    std::string name;
    std::string prefix;
    std::string shown;    // s3://name/prefix
    std::string address;  // https://host, or with the bucket behind it
    std::string host;
    std::string path;  // of the bucket: "/name", or nothing where the host names it
    SigningKey key;
};

std::string from_environment(std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return {};
}

// SCHEME://BUCKET/PREFIX
Bucket parse_address(const std::string& url, const std::string& scheme) {
    const auto refuse = [&](const std::string& why) {
        return Error(Error::Kind::invalid, "The address of the bucket can't be used: " + why + ".",
                     "It looks like " + scheme + "://bucket/prefix.");
    };
    const std::string begin = scheme + "://";
    if (!url.starts_with(begin)) throw refuse("it doesn't begin with " + begin);
    const std::string rest = url.substr(begin.size());
    Bucket bucket;
    bucket.name = rest.substr(0, rest.find('/'));
    bucket.prefix = rest.substr(std::min(rest.size(), bucket.name.size() + 1));
    const bool is_fine = std::all_of(bucket.name.begin(), bucket.name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_';
    });
    if (bucket.name.empty() || bucket.name.size() > 255 || !is_fine) throw refuse("it names no bucket");
    bucket.shown = begin + bucket.name;
    return bucket;
}

// Without "/" at its end and without the port that the protocol has anyway, which nobody sends in "Host".
void set_endpoint(Bucket& bucket, std::string endpoint, const char* variable) {
    while (endpoint.ends_with('/'))
        endpoint.pop_back();
    const bool is_secure = endpoint.starts_with("https://");
    const std::string host = endpoint.substr(std::min(endpoint.size(), std::size_t{is_secure ? 8u : 7u}));
    const bool is_host = !host.empty() && host.find_first_of("/?#@ \t\r\n") == std::string::npos;
    if ((!is_secure && !endpoint.starts_with("http://")) || !is_host)
        throw Error(Error::Kind::invalid, std::string("The address in ") + variable + " can't be used.",
                    "It looks like https://storage.example:9000.");
    bucket.host = host;
    const std::string port = is_secure ? ":443" : ":80";
    if (bucket.host.ends_with(port)) bucket.host.resize(bucket.host.size() - port.size());
    bucket.address = (is_secure ? "https://" : "http://") + bucket.host;
    bucket.path = '/' + bucket.name;
}

void require_key(const SigningKey& key, const char* id, const char* secret) {
    if (key.id.empty() || key.secret.empty())
        throw Error(Error::Kind::denied, "There are no credentials for the bucket.",
                    std::string("Set ") + id + " and " + secret + " in the environment.");
}

Bucket amazon_bucket(const std::string& url) {
    Bucket bucket = parse_address(url, "s3");
    bucket.key.id = from_environment({"AWS_ACCESS_KEY_ID"});
    bucket.key.secret = from_environment({"AWS_SECRET_ACCESS_KEY"});
    bucket.key.session_token = from_environment({"AWS_SESSION_TOKEN"});
    bucket.key.region = from_environment({"AWS_REGION", "AWS_DEFAULT_REGION"});
    require_key(bucket.key, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    if (bucket.key.region.empty()) bucket.key.region = "us-east-1";
    const std::string endpoint = from_environment({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
    if (!endpoint.empty()) {
        set_endpoint(bucket, endpoint, "AWS_ENDPOINT_URL_S3");
        return bucket;
    }
    set_endpoint(bucket, "https://s3." + bucket.key.region + ".amazonaws.com", "AWS_REGION");
    if (bucket.name.find('.') != std::string::npos) return bucket;  // no certificate is for a.b.s3.…
    bucket.host = bucket.name + '.' + bucket.host;
    bucket.address = "https://" + bucket.host;
    bucket.path.clear();
    return bucket;
}

Bucket google_bucket(const std::string& url) {
    Bucket bucket = parse_address(url, "gs");
    bucket.key.is_google = true;
    bucket.key.region = "auto";
    bucket.key.id = from_environment({"GCS_HMAC_ACCESS_ID"});
    bucket.key.secret = from_environment({"GCS_HMAC_SECRET"});
    require_key(bucket.key, "GCS_HMAC_ACCESS_ID", "GCS_HMAC_SECRET");
    const std::string endpoint = from_environment({"GCS_ENDPOINT_URL"});
    set_endpoint(bucket, endpoint.empty() ? "https://storage.googleapis.com" : endpoint, "GCS_ENDPOINT_URL");
    return bucket;
}

class S3Repository final : public CloudRepository {
public:
    explicit S3Repository(Bucket bucket) : CloudRepository(bucket.prefix), bucket_(std::move(bucket)) {}

    std::string where() const override { return bucket_.shown + (base().empty() ? "" : '/' + base()); }

protected:
    http::Call sign(const CloudRequest& request) const override {
        ToSign to_sign;
        to_sign.method = request.method;
        to_sign.host = bucket_.host;
        to_sign.path =
            bucket_.path + (request.key.empty() && !bucket_.path.empty() ? "" : '/' + path_text(request.key));
        to_sign.query = request.query;
        to_sign.headers = request.headers;
        to_sign.content = request.content;
        http::Call call;
        call.method = request.method;
        call.content = request.content;
        call.limit = request.limit;
        call.headers = sign_v4(bucket_.key, to_sign, system_clock().wall());
        call.url = bucket_.address + to_sign.path + (request.query.empty() ? "" : '?' + query_text(request.query));
        return call;
    }

    http::Headers describe(const Upload& upload) const override {
        http::Headers headers;
        if (!upload.type.empty()) headers.emplace_back("Content-Type", upload.type);
        if (!upload.cache.empty()) headers.emplace_back("Cache-Control", upload.cache);
        return headers;
    }

    // What is signed has the content's hash in it.
    http::Headers check(std::string_view) const override { return {}; }

    http::Headers only_if(const std::optional<std::string>& tag) const override {
        if (bucket_.key.is_google) return {{"x-goog-if-generation-match", tag.value_or("0")}};
        if (!tag) return {{"If-None-Match", "*"}};
        return {{"If-Match", '"' + *tag + '"'}};
    }

    http::Reply put_in_blocks(const LargeFile& file, const http::Headers& condition) override {
        const std::string upload = begin_upload(file);
        try {
            return finish_upload(file, upload, put_parts(file, upload), condition);
        } catch (...) {
            give_up(file, upload);
            throw;
        }
    }

    std::string tag_in(const http::Reply& head) const override {
        std::string tag = head.header(bucket_.key.is_google ? "x-goog-generation" : "etag");
        tag.erase(std::remove(tag.begin(), tag.end(), '"'), tag.end());
        return tag;
    }

    ListPage list_page(const std::string& prefix, bool folders, const std::string& after) override {
        CloudRequest request;
        request.query = {{"list-type", "2"}, {"max-keys", "1000"}};
        if (!prefix.empty()) request.query["prefix"] = prefix;
        if (folders) request.query["delimiter"] = "/";
        if (!after.empty()) request.query["continuation-token"] = after;
        return parse_s3_list(demand(request).content);
    }

    std::string hint_for(const std::string& code, int status) const override {
        if (code == "NoSuchBucket") return "Make the bucket " + bucket_.name + " first, or check its name.";
        const std::string variables = bucket_.key.is_google ? "GCS_HMAC_ACCESS_ID and GCS_HMAC_SECRET"
                                                            : "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        if (code == "RequestTimeTooSkewed") return "Set this machine's clock.";
        if (code == "AuthorizationHeaderMalformed" || code == "PermanentRedirect" || status == 301)
            return "The bucket may lie in another region: set AWS_REGION.";
        if (status == 401 || status == 403)
            return "Check " + variables + ", and what they are allowed to do in the bucket.";
        return {};
    }

private:
    std::string begin_upload(const LargeFile& file) {
        CloudRequest request;
        request.method = "POST";
        request.key = file.key;
        request.query = {{"uploads", ""}};
        request.headers = describe(file.upload);
        return parse_upload_id(demand(request).content);
    }

    std::vector<std::string> put_parts(const LargeFile& file, const std::string& upload) {
        std::vector<std::string> tags(file.blocks());
        in_parallel(file.blocks(), parts_at_once, [&](std::size_t i) {
            const std::string content = file.block(i);
            CloudRequest request;
            request.method = "PUT";
            request.key = file.key;
            request.query = {{"partNumber", std::to_string(i + 1)}, {"uploadId", upload}};
            request.content = content;
            tags[i] = demand(request).header("etag");
            std::erase(tags[i], '"');
        });
        return tags;
    }

    // It may be told to have succeeded before it has failed.
    http::Reply finish_upload(const LargeFile& file, const std::string& upload, const std::vector<std::string>& tags,
                              const http::Headers& condition) {
        std::string parts = "<CompleteMultipartUpload>";
        for (std::size_t i = 0; i < tags.size(); ++i)
            parts +=
                "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>\"" + tags[i] + "\"</ETag></Part>";
        parts += "</CompleteMultipartUpload>";
        CloudRequest request;
        request.method = "POST";
        request.key = file.key;
        request.query = {{"uploadId", upload}};
        request.headers = condition;
        request.content = parts;
        http::Reply reply = ask(request);
        if (reply.status < 300 && !parse_error_code(reply.content).empty()) reply.status = 500;
        if (reply.status >= 300) give_up(file, upload);
        return reply;
    }

    // Else the parts are kept, and paid for.
    void give_up(const LargeFile& file, const std::string& upload) noexcept {
        try {
            CloudRequest request;
            request.method = "DELETE";
            request.key = file.key;
            request.query = {{"uploadId", upload}};
            ask(request);
        } catch (const std::exception&) {  // what came before is what is told
        }
    }

    const Bucket bucket_;
};

}  // namespace

std::unique_ptr<Repository> open_s3_repository(const std::string& url) {
    return std::make_unique<S3Repository>(amazon_bucket(url));
}

std::unique_ptr<Repository> open_gcs_repository(const std::string& url) {
    return std::make_unique<S3Repository>(google_bucket(url));
}

}  // namespace atelier::store
