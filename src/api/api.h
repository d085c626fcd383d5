// The interface of a farm over HTTP: all groups of routes, put into one router.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "accounts/accounts.h"
#include "farm/farm.h"
#include "http/router.h"
#include "http/server.h"

namespace atelier::api {

struct Craft;

class Api {
public:
    // Puts its routes into the router. counts: of the server that serves it. All of these must outlive it.
    Api(farm::Farm& farm, accounts::Accounts& accounts, http::Router& router,
        std::function<http::ServerCounts()> counts, const std::vector<Craft>& crafts = {});
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace atelier::api
