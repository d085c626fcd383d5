#include "cli/desk.h"

#include "cli/local_desk.h"
#include "cli/remote_desk.h"

namespace atelier::cli {

std::unique_ptr<Desk> Desk::open() {
    if (auto server = server_to_use()) return std::make_unique<RemoteDesk>(std::move(*server));
    return std::make_unique<LocalDesk>();
}

json::Value Desk::ask(const std::string& verb, const std::string& job) {
    json::Object body;
    body["job"] = job;
    return ask(verb, body);
}

}  // namespace atelier::cli
