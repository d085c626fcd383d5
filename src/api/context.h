// What the handlers answer from: the farm, the accounts, and what the server itself keeps.
#pragma once

#include <functional>
#include <memory>

#include "accounts/accounts.h"
#include "farm/farm.h"
#include "http/server.h"

namespace atelier::api {

class Events;
class Uploads;
class Waits;
class Relay;
class Offload;

struct Context {
    farm::Farm& farm;
    accounts::Accounts& accounts;
    Events& events;
    Uploads& uploads;
    Waits& waits;
    Relay& relay;
    Offload& offload;
    std::function<http::ServerCounts()> counts;
    const std::string* document = nullptr;  // of all routes, in OpenAPI
};

}  // namespace atelier::api
