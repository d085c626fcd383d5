// The body of a request of any size, taken as it comes: one piece is worked on while the next one is on its way, so
// that the disk never holds up the network's threads.
#pragma once

#include <functional>
#include <string_view>

#include "api/routes.h"

namespace atelier::api {

// take: called on other threads, one piece after the other. Named by the caller, and lives until the end. What had come
// before the client broke off is taken, too.
http::Task<void> receive(Call& call, const std::function<void(std::string_view)>& take);

}  // namespace atelier::api
