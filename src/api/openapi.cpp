// The OpenAPI 3.1 document, made from the table of routes.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/routes.h"
#include "base/text.h"

namespace atelier::api {

namespace {

json::Object content(const std::string& type, const std::optional<json::Object>& schema) {
    json::Object media;
    if (schema) media["schema"] = *schema;
    json::Object content;
    content[type] = std::move(media);
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
    schema["required"] = json::Array{"error"};
    schema["additionalProperties"] = false;
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
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1))
        parameters.push_back(parameter(path.substr(at + 1, path.find('}', at) - at - 1), "path", "string", ""));
    for (const QueryParameter& query : route.query)
        parameters.push_back(parameter(query.name, "query", query.type, query.what));
    return parameters;
}

const char* who_may(Access access) {
    switch (access) {
        case Access::open: return "anybody";
        case Access::known: return "whoever is logged in";
        case Access::read: return "users";
        case Access::change: return "users, not with a token that only reads";
        case Access::admin: return "admins";
        case Access::worker: return "workers";
        case Access::blobs: return "workers and users, not with a token that only reads";
    }
    return "";
}

json::Object operation_of(const Route& route, const std::string& path) {
    json::Object operation;
    operation["summary"] = route.summary;
    operation["description"] = std::string("For ") + who_may(route.access) + ".";
    if (json::Array parameters = parameters_of(route, path); !parameters.empty())
        operation["parameters"] = std::move(parameters);
    if (route.has_body) {
        json::Object body;
        body["content"] = content(route.takes_type, route.takes);
        operation["requestBody"] = std::move(body);
    }
    json::Object good;
    good["description"] = "done";
    if (route.status != 204) good["content"] = content(route.gives_type, route.gives);
    json::Object responses;
    responses[std::to_string(route.status)] = std::move(good);
    responses["default"] = reference("#/components/responses/Error");
    operation["responses"] = std::move(responses);
    if (route.access == Access::open) operation["security"] = json::Array{};
    operation["x-access"] = std::string(who_may(route.access));
    return operation;
}

json::Object components() {
    json::Object error;
    error["description"] = "What happened, where, and what to do about it.";
    error["content"] = content("application/json", reference("#/components/schemas/Error"));
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
