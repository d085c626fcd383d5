#include "cli/exit_status.h"

#include <boost/json/object.hpp>

namespace atelier::cli {

ExitStatus exit_status_of(Error::Kind kind) {
    switch (kind) {
        case Error::Kind::invalid: return wrong_use;
        case Error::Kind::unavailable: return unreachable;
        case Error::Kind::not_found:
        case Error::Kind::conflict:
        case Error::Kind::denied:
        case Error::Kind::exhausted:
        case Error::Kind::internal: return failed;
    }
    return failed;
}

std::string describe(const Error& error) {
    std::string text = std::string("atelier: ") + error.what() + "\n";
    if (!error.where().empty()) text += "  at: " + error.where() + "\n";
    if (!error.hint().empty()) text += "  hint: " + error.hint() + "\n";
    return text;
}

json::Value to_json(const Error& error) {
    json::Object inner{{"kind", to_string(error.kind())}, {"message", error.what()}};
    if (!error.where().empty()) inner["where"] = error.where();
    if (!error.hint().empty()) inner["hint"] = error.hint();
    return json::Object{{"error", std::move(inner)}};
}

}  // namespace atelier::cli
