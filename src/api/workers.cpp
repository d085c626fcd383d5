// Workers, seen by everybody and steered by admins.
#include <map>

#include "api/answers.h"
#include "api/groups.h"

namespace atelier::api {

namespace {

using http::Response;

// A job that has just been removed is nobody's.
bool is_of(db::Connection& connection, const accounts::Caller& caller, const std::string& job) {
    const auto row = connection.row<std::string>("SELECT owner FROM jobs WHERE id = $1", job);
    return row && caller.may_touch(std::get<0>(*row));
}

// What others run is not for everybody to see: the session stays, without its name.
void hide_others(Call& call, std::vector<farm::WorkerView>& workers) {
    if (call.caller.role == accounts::Role::admin) return;
    std::map<std::string, bool> own;
    call.context.farm.read([&](db::Connection& connection) {
        for (const farm::WorkerView& worker : workers)
            for (const farm::WorkerSession& session : worker.sessions)
                if (!own.contains(session.job)) own[session.job] = is_of(connection, call.caller, session.job);
    });
    for (farm::WorkerView& worker : workers)
        for (farm::WorkerSession& session : worker.sessions)
            if (!own[session.job]) session = {};
}

Response list(Call& call) {
    WorkerList list;
    json::read(call.context.farm.perform("workers", {}), list.workers);
    hide_others(call, list.workers);
    return answer(list);
}

Response perform(Call& call, const std::string& verb) {
    json::Object body;
    body["worker"] = call["worker"];
    call.context.farm.perform(verb, body);
    call.context.accounts.note(call.caller.user, call.request.peer, verb, call["worker"]);
    return Response::empty();
}

Response pause(Call& call) { return perform(call, "worker-pause"); }
Response resume(Call& call) { return perform(call, "worker-resume"); }
Response leave(Call& call) { return perform(call, "worker-leave"); }
Response forgive(Call& call) { return perform(call, "forgive"); }
Response forget(Call& call) { return perform(call, "worker-forget"); }

}  // namespace

void add_workers(Routes& routes) {
    using http::Method;
    routes.change(Method::get, "/workers", Access::read, "The workers, and what they do now", list)
        .gives_json(schema<WorkerList>());
    routes.change(Method::post, "/workers/{worker}/pause", Access::admin, "Give it nothing more", pause)
        .gives_nothing();
    routes.change(Method::post, "/workers/{worker}/resume", Access::admin, "Give it work again", resume)
        .gives_nothing();
    routes.change(Method::post, "/workers/{worker}/leave", Access::admin, "Let it finish what it has, and end", leave)
        .gives_nothing();
    routes
        .change(Method::post, "/workers/{worker}/forgive", Access::admin,
                "Take its failures for forgiven: no step is kept from it any more", forgive)
        .gives_nothing();
    routes
        .change(Method::remove, "/workers/{worker}", Access::admin, "Forget it; its tasks are given to others", forget)
        .gives_nothing();
}

}  // namespace atelier::api
