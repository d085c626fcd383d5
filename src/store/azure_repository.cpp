// Published files in a container of Azure Blob Storage, by its REST interface.
#include <ctime>

#include <algorithm>
#include <chrono>

#include "base/base64.h"
#include "base/error.h"
#include "base/hmac.h"
#include "base/parallel.h"
#include "base/text.h"
#include "store/cloud_repository.h"
#include "store/sigv4.h"

namespace atelier::store {

namespace {

constexpr const char* version = "2021-12-02";
constexpr std::size_t blocks_at_once = 8;

std::string http_date() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string checked_container(const std::string& name) {
    const bool is_fine = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '$';
    });
    if (name.empty() || name.size() > 63 || !is_fine)
        throw Error(Error::Kind::invalid, "\"" + printable(name) + "\" can't be the name of an Azure container.",
                    "It has 3 to 63 small letters, digits and hyphens.");
    return name;
}

// All ids of a blob's blocks have the same length.
std::string block_id(std::size_t number) {
    const std::string digits = std::to_string(number);
    return base64_of("block-" + std::string(9 - std::min<std::size_t>(digits.size(), 9), '0') + digits);
}

class AzureRepository final : public CloudRepository {
public:
    explicit AzureRepository(const AzurePlace& place)
        : CloudRepository(place.prefix),
          account_(parse_connection_string(place.connection_string)),
          container_(checked_container(place.container)),
          path_(path_in(account_.blob_endpoint) + '/' + container_) {}

    std::string where() const override {
        std::string text = "azure container " + container_;
        if (!base().empty()) text += ", below " + base();
        return text;
    }

protected:
    http::Call sign(const CloudRequest& request) const override {
        const std::string path = path_ + (request.key.empty() ? "" : '/' + path_text(request.key));
        http::Call call;
        call.method = request.method;
        call.content = request.content;
        call.limit = request.limit;
        call.headers = request.headers;
        call.headers.emplace_back("x-ms-date", http_date());
        call.headers.emplace_back("x-ms-version", version);
        std::string query = query_text(request.query);
        if (account_.key.empty())
            query += (query.empty() ? "" : "&") + account_.shared_access;
        else
            call.headers.emplace_back(
                "Authorization", shared_key_authorization(account_, request.method, path, request.query, call.headers,
                                                          request.content.size()));
        const std::string endpoint =
            account_.blob_endpoint.substr(0, account_.blob_endpoint.size() - path_in(account_.blob_endpoint).size());
        call.url = endpoint + path + (query.empty() ? "" : '?' + query);
        return call;
    }

    http::Headers describe(const Upload& upload) const override {
        http::Headers headers{{"x-ms-blob-type", "BlockBlob"}};
        for (auto& header : described(upload))
            headers.push_back(std::move(header));
        return headers;
    }

    http::Headers check(std::string_view content) const override { return {{"Content-MD5", base64_of(md5(content))}}; }

    http::Headers only_if(const std::optional<std::string>& tag) const override {
        if (!tag) return {{"If-None-Match", "*"}};
        return {{"If-Match", '"' + *tag + '"'}};
    }

    http::Reply put_in_blocks(const LargeFile& file, const http::Headers& condition) override {
        in_parallel(file.blocks(), blocks_at_once, [&](std::size_t i) {
            const std::string content = file.block(i);
            CloudRequest request;
            request.method = "PUT";
            request.key = file.key;
            request.query = {{"comp", "block"}, {"blockid", block_id(i)}};
            request.headers = check(content);
            request.content = content;
            demand(request);
        });
        std::string blocks = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
        for (std::size_t i = 0; i < file.blocks(); ++i)
            blocks += "<Latest>" + block_id(i) + "</Latest>";
        blocks += "</BlockList>";
        CloudRequest request;
        request.method = "PUT";
        request.key = file.key;
        request.query = {{"comp", "blocklist"}};
        request.headers = described(file.upload);
        request.headers.emplace_back("Content-Type", "application/xml");
        request.headers.insert(request.headers.end(), condition.begin(), condition.end());
        request.content = blocks;
        return ask(request);
    }

    std::string tag_in(const http::Reply& head) const override {
        std::string tag = head.header("etag");
        tag.erase(std::remove(tag.begin(), tag.end(), '"'), tag.end());
        return tag;
    }

    ListPage list_page(const std::string& prefix, bool folders, const std::string& after) override {
        CloudRequest request;
        request.query = {{"restype", "container"}, {"comp", "list"}, {"maxresults", "5000"}};
        if (!prefix.empty()) request.query["prefix"] = prefix;
        if (folders) request.query["delimiter"] = "/";
        if (!after.empty()) request.query["marker"] = after;
        return parse_azure_list(demand(request).content);
    }

    std::string hint_for(const std::string& code, int status) const override {
        if (code == "ContainerNotFound") return "Make the container " + container_ + " first, or check its name.";
        if (status == 401 || status == 403)
            return account_.key.empty() ? "Check whether the shared access signature of the connection string is still "
                                          "valid, and allows to read, add, create, write, delete and list."
                                        : "Check whether the connection string has the right key of the account " +
                                              account_.name + ", and whether this machine's clock is right.";
        return {};
    }

private:
    static std::string path_in(const std::string& endpoint) {
        const std::size_t slash = endpoint.find('/', endpoint.find("//") + 2);
        return slash == std::string::npos ? std::string() : endpoint.substr(slash);
    }

    static http::Headers described(const Upload& upload) {
        http::Headers headers;
        if (!upload.type.empty()) headers.emplace_back("x-ms-blob-content-type", upload.type);
        if (!upload.cache.empty()) headers.emplace_back("x-ms-blob-cache-control", upload.cache);
        return headers;
    }

    const AzureAccount account_;
    const std::string container_;
    const std::string path_;  // of the container
};

}  // namespace

std::unique_ptr<Repository> open_azure_repository(const AzurePlace& place) {
    return std::make_unique<AzureRepository>(place);
}

}  // namespace atelier::store
