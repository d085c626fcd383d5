// The interface of a farm over HTTP: all groups of routes, put into one router.
#pragma once

#include <functional>
#include <memory>

#include "accounts/accounts.h"
#include "farm/farm.h"
#include "http/router.h"
#include "http/server.h"

namespace atelier::api {

class Api {
public:
    // counts: of the server that serves it. All of these must outlive it.
    Api(farm::Farm& farm, accounts::Accounts& accounts, std::function<http::ServerCounts()> counts);
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    const http::Router& router() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace atelier::api
