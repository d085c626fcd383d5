#include "api/relay.h"

#include "base/text.h"

namespace atelier::api {

namespace {

constexpr const char* relayed_header = "x-atelier-relayed";
constexpr const char* credentials[] = {"authorization", "cookie", "x-atelier-guard"};

std::string target_of(const http::Request& request) {
    std::string target = request.path;
    char separator = '?';
    for (const auto& [name, value] : request.query) {
        target += separator + http::encode(name) + "=" + http::encode(value);
        separator = '&';
    }
    return target;
}

}  // namespace

http::Response Relay::send(const http::Request& request) {
    if (request.header(relayed_header))  // two that each take the other for the one that schedules
        throw Error(Error::Kind::unavailable, "no server schedules just now", "try again in a few seconds");
    const std::string url = farm_.scheduler_url();
    if (url.empty())
        throw Error(Error::Kind::unavailable, "no server schedules just now", "try again in a few seconds");
    http::Ask ask;
    ask.method = request.method;
    ask.path = target_of(request);
    ask.content = request.content;
    if (const auto type = request.header("content-type")) ask.type = std::string(*type);
    for (const char* name : credentials)
        if (const auto value = request.header(name)) ask.headers.emplace_back(name, std::string(*value));
    ask.headers.emplace_back(relayed_header, "1");
    const http::Answer answer = client_to(url)->send(ask);
    http::Response response;
    response.status = answer.status;
    response.content = answer.content;
    for (const auto& [name, value] : answer.headers)
        if (name == "content-type" || name == "location" || name == "set-cookie") response.with(name, value);
    return response;
}

std::shared_ptr<http::Client> Relay::client_to(const std::string& url) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<http::Client>& client = clients_[url];
    if (!client) {
        http::ClientOptions options;
        options.url = url;
        client = std::make_shared<http::Client>(std::move(options));
    }
    return client;
}

}  // namespace atelier::api
