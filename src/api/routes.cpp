#include "api/routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/door.h"
#include "api/offload.h"
#include "api/relay.h"
#include "base/text.h"

namespace atelier::api {

int Call::limit(int standard, int most) const {
    const auto asked = request.asked_number("limit");
    if (!asked) return standard;
    if (*asked < 1 || *asked > most)
        throw Error(Error::Kind::invalid, fmt::format("limit must be between 1 and {}", most), {}, "limit");
    return static_cast<int>(*asked);
}

Route& Route::asks(std::string name, std::string type, std::string what) {
    query.push_back({std::move(name), std::move(type), std::move(what)});
    return *this;
}

Route& Route::takes_json(json::Object schema, std::size_t most) {
    takes = std::move(schema);
    has_body = true;
    most_content = most;
    return *this;
}

Route& Route::takes_bytes() {
    takes_types = {"application/octet-stream"};
    has_body = true;
    return *this;
}

Route& Route::takes_form() {
    takes_types = {"application/octet-stream", "multipart/form-data"};
    has_body = true;
    return *this;
}

Route& Route::place(std::string name, std::string what) {
    places.emplace_back(std::move(name), std::move(what));
    return *this;
}

Route& Route::gives_json(json::Object schema, int with_status) {
    gives = std::move(schema);
    status = with_status;
    return *this;
}

Route& Route::gives_bytes(std::string type) {
    gives_type = std::move(type);
    return *this;
}

Route& Route::gives_nothing() {
    status = 204;
    return *this;
}

Route& Route::gives_also(int with_status, std::string meaning) {
    also.emplace_back(with_status, std::move(meaning));
    return *this;
}

Route& Routes::get(std::string path, Access access, std::string summary, Act act) {
    return put(http::Method::get, std::move(path), access, std::move(summary), std::move(act));
}

Route& Routes::get(std::string path, Access access, std::string summary, WaitingAct act) {
    return put(http::Method::get, std::move(path), access, std::move(summary), std::move(act));
}

Route& Routes::change(http::Method method, std::string path, Access access, std::string summary, Act act) {
    Route& route = put(method, std::move(path), access, std::move(summary), std::move(act));
    route.relayed = true;
    return route;
}

Route& Routes::add(http::Method method, std::string path, Access access, std::string summary, Act act) {
    return put(method, std::move(path), access, std::move(summary), std::move(act));
}

Route& Routes::add(http::Method method, std::string path, Access access, std::string summary, WaitingAct act) {
    return put(method, std::move(path), access, std::move(summary), std::move(act));
}

Route& Routes::put(http::Method method, std::string path, Access access, std::string summary, AnyAct act) {
    Route& route = lines_.emplace_back();
    route.method = method;
    route.path = std::move(path);
    route.access = access;
    route.summary = std::move(summary);
    route.group = group_;
    acts_.push_back(std::move(act));
    return route;
}

std::string Routes::full_path(const Route& route) {
    return route.path.starts_with("//") ? route.path.substr(1) : "/api/v1" + route.path;
}

void Routes::open() {
    for (std::size_t i = 0; i < lines_.size(); ++i)
        router_.add(lines_[i].method, full_path(lines_[i]), handler_of(lines_[i], acts_[i]), lines_[i].most_content);
}

namespace {

void check_value(const QueryParameter& parameter, const std::string& value) {
    if (parameter.type == "integer" && !parse_int(value))
        throw Error(Error::Kind::invalid, "'" + parameter.name + "' is not a whole number", {}, parameter.name);
    if (parameter.type == "boolean" && value != "true" && value != "false")
        throw Error(Error::Kind::invalid, "'" + parameter.name + "' is true or false", {}, parameter.name);
}

// What is misspelt is refused, rather than answered as if it hadn't been said.
void check_query(const http::Request& request, const std::vector<QueryParameter>& known) {
    for (const auto& [name, value] : request.query) {
        const auto parameter =
            std::find_if(known.begin(), known.end(), [&](const QueryParameter& one) { return one.name == name; });
        if (parameter == known.end())
            throw Error(Error::Kind::invalid, "'" + name + "' can't be asked for here", {}, name);
        check_value(*parameter, value);
    }
}

http::Response refused(const NotKnown& error) {
    return http::Response::error(error, 401).with("WWW-Authenticate", "Bearer");
}

}  // namespace

http::Handler Routes::handler_of(const Route& route, const AnyAct& act) const {
    Context& context = context_;
    const Access access = route.access;
    if (const Act* plain = std::get_if<Act>(&act)) {
        return http::Plain([&context, &route, access, act = *plain](http::Request& request) {
            try {
                const accounts::Caller caller = let_in(request, access, context.accounts);
                check_query(request, route.query);
                if (route.relayed && !context.farm.schedules()) return context.relay.send(request);
                Call call{request, caller, context};
                return act(call);
            } catch (const NotKnown& error) {
                return refused(error);
            }
        });
    }
    return http::Waiting([&context, &route, access,
                          act = std::get<WaitingAct>(act)](http::Request& request) -> http::Task<http::Response> {
        std::optional<accounts::Caller> caller;
        std::optional<http::Response> refusal;
        // Whoever isn't known yet is looked up on the disk: not on the network's threads.
        const std::function<void()> look = [&] {
            try {
                caller = let_in(request, access, context.accounts);
            } catch (const NotKnown& error) {
                refusal = refused(error);
            }
        };
        if (is_known_already(request, context.accounts))
            look();
        else
            co_await context.offload.run(look);
        if (refusal) co_return std::move(*refusal);
        check_query(request, route.query);
        Call call{request, *caller, context};
        co_return co_await act(call);
    });
}

}  // namespace atelier::api
