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
    Parts(farm::Farm& farm, accounts::Accounts& accounts, std::function<http::ServerCounts()> counts)
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
    http::Router router;
    Routes routes;
    std::string document;
};

Api::Api(farm::Farm& farm, accounts::Accounts& accounts, std::function<http::ServerCounts()> counts)
    : parts_(std::make_unique<Parts>(farm, accounts, std::move(counts))) {
    Routes& routes = parts_->routes;
    add_status(routes);
    add_jobs(routes);
    add_tasks(routes);
    add_outputs(routes);
    add_workers(routes);
    add_exchange(routes);
    add_blobs(routes);
    add_accounts(routes);
    parts_->context.document = &parts_->document;
    routes.open();
    parts_->document = json::text(routes.document());
}

Api::~Api() = default;

const http::Router& Api::router() const { return parts_->router; }

}  // namespace atelier::api
