// The table of routes. A line tells the method, the path, who may ask, what it is for, what it takes and gives, and the
// handler; the OpenAPI document is made from the same lines, so none is undocumented.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "api/context.h"
#include "http/router.h"

namespace atelier::api {

enum class Access {
    open,    // anybody
    known,   // whoever has logged in, also those who may do nothing yet
    read,    // users, with any token but a worker's
    change,  // users, and not with a token that only reads
    watch,   // admins, also with a token that only reads
    admin,
    worker,  // workers, and admins (the one who started the server is one)
    blobs    // workers and users who may change
};

// One request on its way: what was asked, who asks, and what there is to answer from.
struct Call {
    http::Request& request;
    const accounts::Caller& caller;
    Context& context;

    const std::string& operator[](const std::string& place) const { return request[place]; }
    int limit(int standard, int most) const;  // ?limit=, checked
};

using Act = std::function<http::Response(Call&)>;
using WaitingAct = std::function<http::Task<http::Response>(Call&)>;

struct QueryParameter {
    std::string name;
    std::string type;  // string, integer, boolean: refused where it is something else
    std::string what;
};

struct Route {
    http::Method method = http::Method::get;
    std::string path;                                         // below /api/v1, unless it begins with two slashes
    std::vector<std::pair<std::string, std::string>> places;  // what stands for {name}, where no other route tells it
    Access access = Access::read;
    std::string summary;
    std::vector<QueryParameter> query;
    std::optional<json::Object> takes;  // a schema; of other types than JSON, none
    std::vector<std::string> takes_types = {"application/json"};
    bool has_body = false;
    int status = 200;
    std::vector<std::pair<int, std::string>> also;  // other good ends, and what each means
    std::optional<json::Object> gives;
    std::string gives_type = "application/json";
    std::size_t most_content = http::Router::default_most_content;
    bool relayed = false;  // a change: a server that doesn't schedule hands it to the one that does
    std::string group;

    Route& asks(std::string name, std::string type, std::string what);
    Route& takes_json(json::Object schema, std::size_t most = http::Router::default_most_content);
    Route& takes_bytes();
    Route& takes_form();  // bytes, or a form with a file
    Route& place(std::string name, std::string what);
    Route& gives_json(json::Object schema, int with_status = 200);
    Route& gives_bytes(std::string type);
    Route& gives_nothing();  // 204
    Route& gives_also(int with_status, std::string meaning);
};

class Routes {
public:
    Routes(http::Router& router, Context& context) : router_(router), context_(context) {}

    void group(std::string name) { group_ = std::move(name); }  // of all lines from here on

    Route& get(std::string path, Access access, std::string summary, Act act);
    Route& get(std::string path, Access access, std::string summary, WaitingAct act);
    // What changes something of the farm; `change` is handed on by servers that don't schedule.
    Route& change(http::Method method, std::string path, Access access, std::string summary, Act act);
    Route& add(http::Method method, std::string path, Access access, std::string summary, Act act);
    Route& add(http::Method method, std::string path, Access access, std::string summary, WaitingAct act);

    void open();  // hands all lines to the router, once they are complete

    Context& context() const { return context_; }  // outlives all handlers
    const std::vector<Route>& lines() const { return lines_; }
    json::Object document() const;  // OpenAPI 3.1

    static std::string full_path(const Route& route);

private:
    using AnyAct = std::variant<Act, WaitingAct>;
    Route& put(http::Method method, std::string path, Access access, std::string summary, AnyAct act);
    http::Handler handler_of(const Route& route, const AnyAct& act) const;

    http::Router& router_;
    Context& context_;
    std::vector<Route> lines_;
    std::vector<AnyAct> acts_;
    std::string group_;
};

// What a craft brings to the server: its own routes, beside those of the farm.
struct Craft {
    std::string group;
    void (*add_routes)(Routes& routes) = nullptr;
};

}  // namespace atelier::api
