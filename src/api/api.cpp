#include "api/api.h"

#include "api/events.h"
#include "api/groups.h"
#include "api/offload.h"
#include "api/relay.h"
#include "api/uploads.h"
#include "api/waits.h"

namespace atelier::api {

namespace {

constexpr int offload_threads = 4;

}  // namespace

struct Api::Parts {
    Parts(farm::Farm& farm, accounts::Accounts& accounts, http::Router& router,
          std::function<http::ServerCounts()> counts)
        : events(farm),
          uploads(farm.shared_blobs(), system_clock()),
          relay(farm),
          offload(offload_threads),
          context{farm, accounts, events, uploads, waits, relay, offload, std::move(counts)},
          routes(router, context) {}

    Events events;
    Uploads uploads;
    Waits waits;
    Relay relay;
    Offload offload;
    Context context;
    Routes routes;
    std::string document;
};

Api::Api(farm::Farm& farm, accounts::Accounts& accounts, http::Router& router,
         std::function<http::ServerCounts()> counts, const std::vector<Craft>& crafts)
    : parts_(std::make_unique<Parts>(farm, accounts, router, std::move(counts))) {
    Routes& routes = parts_->routes;
    routes.group("The server");
    add_status(routes);
    routes.group("Jobs");
    add_jobs(routes);
    routes.group("Tasks");
    add_tasks(routes);
    routes.group("Outputs");
    add_outputs(routes);
    routes.group("Workers");
    add_workers(routes);
    routes.group("For workers");
    add_exchange(routes);
    routes.group("Blobs");
    add_blobs(routes);
    routes.group("Accounts");
    add_accounts(routes);
    for (const Craft& craft : crafts) {
        routes.group(craft.group);
        craft.add_routes(routes);
    }
    parts_->context.document = &parts_->document;
    routes.open();
    parts_->document = json::text(routes.document());
}

Api::~Api() = default;

}  // namespace atelier::api
