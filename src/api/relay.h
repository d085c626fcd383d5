// Several servers may share a database, and one of them schedules. The others hand what changes something to that one,
// with the caller's own credentials.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "farm/farm.h"
#include "http/client.h"

namespace atelier::api {

class Relay {
public:
    explicit Relay(farm::Farm& farm) : farm_(farm) {}

    // Blocks until the one that schedules has answered. Throws Error::unavailable when there is none just now.
    http::Response send(const http::Request& request);

private:
    std::shared_ptr<http::Client> client_to(const std::string& url);

    farm::Farm& farm_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<http::Client>> clients_;
};

}  // namespace atelier::api
