// The OpenAPI 3.1 document, made from the table of routes.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cctype>

#include "api/routes.h"
#include "base/text.h"

namespace atelier::api {

namespace {

json::Object content(const std::vector<std::string>& types, const std::optional<json::Object>& schema) {
    json::Object media;
    if (schema) media["schema"] = *schema;
    json::Object content;
    for (const std::string& type : types)
        content[type] = media;
    return content;
}

json::Object error_schema() {
    json::Object text;
    text["type"] = "string";
    json::Object properties;
    json::Array required;
    for (const char* name : {"kind", "message", "hint", "where"}) {
        properties[name] = text;
        required.emplace_back(name);
    }
    json::Object inner;
    inner["type"] = "object";
    inner["properties"] = std::move(properties);
    inner["required"] = std::move(required);
    inner["additionalProperties"] = false;
    json::Object outer_properties;
    outer_properties["error"] = std::move(inner);
    json::Object schema;
    schema["type"] = "object";
    schema["properties"] = std::move(outer_properties);
    schema["required"] = json::Array{"error"};  // more may stand beside it: what there is instead of what was asked for
    return schema;
}

json::Object reference(const char* to) {
    json::Object object;
    object["$ref"] = to;
    return object;
}

std::string without_dots(std::string path) {
    for (std::size_t at; (at = path.find("...}")) != std::string::npos;)
        path.erase(at, 3);
    return path;
}

// What stands for the places of paths.
std::string meaning_of(const Route& route, const std::string& place) {
    static constexpr std::pair<const char*, const char*> known[] = {
        {"job", "the whole id of a job"},
        {"beginning", "the first letters of a job's id"},
        {"step", "a step, by its name or its number from 0"},
        {"task", "a task of the step, by its number from 0"},
        {"attempt", "which try at the task, from 1"},
        {"session", "the id of a session, as attempts tell it"},
        {"parameter", "the PATH parameter whose folder the file is in"},
        {"path", "the file's path in that folder, with its slashes"},
        {"worker", "a worker's id; where people steer it, also its name"},
        {"digest", "SHA-256 of the content, in hexadecimal"},
        {"upload", "as POST /uploads told it"},
        {"user", "a user's name"},
        {"token", "a token's id, not its secret"},
    };
    for (const auto& [name, meaning] : route.places)
        if (place == name) return meaning;
    for (const auto& [name, meaning] : known)
        if (place == name) return meaning;
    return "";
}

json::Object parameter(const std::string& name, const char* in, const std::string& type, const std::string& what) {
    json::Object schema;
    schema["type"] = type;
    json::Object object;
    object["name"] = name;
    object["in"] = in;
    object["required"] = std::string_view(in) == "path";
    if (!what.empty()) object["description"] = what;
    object["schema"] = std::move(schema);
    return object;
}

json::Array parameters_of(const Route& route, const std::string& path) {
    json::Array parameters;
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
        const std::string place = path.substr(at + 1, path.find('}', at) - at - 1);
        parameters.push_back(parameter(place, "path", "string", meaning_of(route, place)));
    }
    for (const QueryParameter& query : route.query)
        parameters.push_back(parameter(query.name, "query", query.type, query.what));
    return parameters;
}

const char* name_of(Access access) {
    switch (access) {
        case Access::open: return "open";
        case Access::known: return "known";
        case Access::read: return "read";
        case Access::change: return "change";
        case Access::watch: return "watch";
        case Access::admin: return "admin";
        case Access::worker: return "worker";
        case Access::blobs: return "blobs";
    }
    return "";
}

const char* who_may(Access access) {
    switch (access) {
        case Access::open: return "anybody";
        case Access::known: return "whoever is logged in";
        case Access::read: return "users";
        case Access::change: return "users, not with a token that only reads";
        case Access::watch: return "admins, also with a token that only reads";
        case Access::admin: return "admins";
        case Access::worker: return "workers";
        case Access::blobs: return "workers and users, not with a token that only reads";
    }
    return "";
}

// getJobsJobAttempts: what generated clients call it.
std::string operation_id(const Route& route, const std::string& path) {
    std::string id = lower(http::name_of(route.method));
    bool begins = true;
    for (const char letter : path) {
        const bool is_word = std::isalnum(static_cast<unsigned char>(letter)) != 0;
        if (is_word) id += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
        begins = !is_word;
    }
    return id;
}

// What isn't named keeps its default, so nothing has to be.
void require_nothing(json::Value& schema) {
    if (schema.is_array())
        for (json::Value& item : schema.get_array())
            require_nothing(item);
    if (!schema.is_object()) return;
    if (schema.get_object().contains("properties")) schema.get_object().erase("required");
    for (auto& item : schema.get_object())
        require_nothing(item.value());
}

json::Object body_of(const Route& route) {
    std::optional<json::Object> schema = route.takes;
    if (schema) {
        json::Value taken = *schema;
        require_nothing(taken);
        schema = taken.as_object();
    }
    json::Object body;
    body["content"] = content(route.takes_types, schema);
    return body;
}

json::Object responses_of(const Route& route) {
    json::Object responses;
    const auto add = [&](int status, const std::string& meaning) {
        json::Object good;
        good["description"] = meaning;
        if (status != 204 && status != 304) good["content"] = content({route.gives_type}, route.gives);
        responses[std::to_string(status)] = std::move(good);
    };
    add(route.status, route.status == 201 ? "made" : "done");
    for (const auto& [status, meaning] : route.also)
        add(status, meaning);
    responses["default"] = reference("#/components/responses/Error");
    return responses;
}

json::Object operation_of(const Route& route, const std::string& path) {
    json::Object operation;
    operation["operationId"] = operation_id(route, path);
    operation["tags"] = json::Array{json::Value(route.group)};
    operation["summary"] = route.summary;
    operation["description"] = std::string("For ") + who_may(route.access) + ".";
    if (json::Array parameters = parameters_of(route, path); !parameters.empty())
        operation["parameters"] = std::move(parameters);
    if (route.has_body) operation["requestBody"] = body_of(route);
    operation["responses"] = responses_of(route);
    if (route.access == Access::open) operation["security"] = json::Array{};
    operation["x-access"] = name_of(route.access);
    return operation;
}

json::Object components() {
    json::Object error;
    error["description"] = "What happened, where, and what to do about it.";
    error["content"] = content({"application/json"}, reference("#/components/schemas/Error"));
    json::Object responses;
    responses["Error"] = std::move(error);
    json::Object schemas;
    schemas["Error"] = error_schema();
    json::Object bearer;
    bearer["type"] = "http";
    bearer["scheme"] = "bearer";
    json::Object cookie;
    cookie["type"] = "apiKey";
    cookie["in"] = "cookie";
    cookie["name"] = "atelier_session";
    json::Object security;
    security["token"] = std::move(bearer);
    security["session"] = std::move(cookie);
    json::Object components;
    components["schemas"] = std::move(schemas);
    components["responses"] = std::move(responses);
    components["securitySchemes"] = std::move(security);
    return components;
}

}  // namespace

json::Object Routes::document() const {
    json::Object info;
    info["title"] = "Atelier";
    info["version"] = "1";
    json::Object paths;
    for (const Route& route : lines_) {
        const std::string path = without_dots(full_path(route));
        if (!paths.contains(path)) paths[path] = json::Object();
        paths[path].as_object()[lower(http::name_of(route.method))] = operation_of(route, path);
    }
    json::Object token;
    token["token"] = json::Array{};
    json::Object session;
    session["session"] = json::Array{};
    json::Object document;
    document["openapi"] = "3.1.0";
    document["info"] = std::move(info);
    document["paths"] = std::move(paths);
    document["components"] = components();
    document["security"] = json::Array{token, session};
    return document;
}

}  // namespace atelier::api
