#include "http/message.h"

#include <algorithm>

#include "base/text.h"

namespace atelier::http {

namespace {

constexpr Error::Kind all_kinds[] = {Error::Kind::invalid, Error::Kind::not_found,   Error::Kind::conflict,
                                     Error::Kind::denied,  Error::Kind::unavailable, Error::Kind::exhausted,
                                     Error::Kind::internal};

Error::Kind kind_of(int status) {
    switch (status) {
        case 401:
        case 403: return Error::Kind::denied;
        case 404:
        case 410: return Error::Kind::not_found;
        case 409:
        case 412: return Error::Kind::conflict;
        case 413:
        case 429:
        case 507: return Error::Kind::exhausted;
        case 408:
        case 502:
        case 503:
        case 504: return Error::Kind::unavailable;
        default: return status < 500 ? Error::Kind::invalid : Error::Kind::internal;
    }
}

std::string text_at(const json::Object& object, std::string_view key) {
    const auto* value = object.if_contains({key.data(), key.size()});
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::string_view name_of(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::remove: return "DELETE";
    }
    return "?";
}

std::optional<std::string_view> Request::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == name; });
    if (found == headers.end()) return {};
    return found->second;
}

std::optional<std::string> Request::asked(const std::string& key) const {
    const auto found = query.find(key);
    if (found == query.end()) return {};
    return found->second;
}

std::optional<std::int64_t> Request::asked_number(const std::string& key) const {
    const auto text = asked(key);
    if (!text) return {};
    const auto number = parse_int(*text);
    if (!number) throw Error(Error::Kind::invalid, "'" + key + "' is not a whole number.", {}, key);
    return number;
}

std::optional<std::string> Request::cookie(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key != "cookie") continue;
        for (const std::string_view part : split(value, ';')) {
            const std::string_view pair = trim(part);
            const std::size_t equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name)
                return std::string(pair.substr(equals + 1));
        }
    }
    return {};
}

json::Value Request::json() const {
    if (content.empty()) throw Error(Error::Kind::invalid, "The request has no body; JSON was expected.");
    return json::parse(content);
}

Response& Response::with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
}

Response Response::json(const json::Value& value, int status) {
    return text(json::text(value), "application/json", status);
}

Response Response::text(std::string content, std::string_view type, int status) {
    Response response;
    response.status = status;
    response.content = std::move(content);
    response.with("Content-Type", std::string(type));
    return response;
}

Response Response::empty() {
    Response response;
    response.status = 204;
    return response;
}

Response Response::error(const Error& error) { return Response::error(error, status_of(error.kind())); }

Response Response::error(const Error& error, int status) {
    json::Object inner;
    inner["kind"] = std::string(to_string(error.kind()));
    inner["message"] = printable(error.what());
    inner["hint"] = printable(error.hint());
    inner["where"] = printable(error.where());
    json::Object outer;
    outer["error"] = std::move(inner);
    return json(json::Value(std::move(outer)), status);
}

int status_of(Error::Kind kind) {
    switch (kind) {
        case Error::Kind::invalid: return 400;
        case Error::Kind::not_found: return 404;
        case Error::Kind::conflict: return 409;
        case Error::Kind::denied: return 403;
        case Error::Kind::unavailable: return 503;
        // A full disk, no memory: it is the server that can't, whoever asks. 429 would blame the client, and is for
        // whoever counts its requests: Response::error(error, 429).
        case Error::Kind::exhausted: return 507;
        case Error::Kind::internal: return 500;
    }
    return 500;
}

Error error_of(int status, std::string_view body) {
    try {
        const json::Value value = json::parse(body);
        const json::Object& inner = value.as_object().at("error").as_object();
        const std::string name = text_at(inner, "kind");
        const std::string message = text_at(inner, "message");
        const auto* kind = std::find_if(std::begin(all_kinds), std::end(all_kinds),
                                        [&](Error::Kind one) { return to_string(one) == name; });
        if (kind != std::end(all_kinds) && !message.empty())
            return {status == 503 ? Error::Kind::unavailable : *kind, message, text_at(inner, "hint"),
                    text_at(inner, "where")};
    } catch (const std::exception&) {  // not ours: a proxy's page, or cut short
    }
    return {kind_of(status), "The server answered with status " + std::to_string(status) + "."};
}

}  // namespace atelier::http
