#include "http/message.h"

#include "http/client.h"
#include "http/router.h"
#include "http/server.h"
#include "http/wait.h"

namespace atelier::http {

std::string_view name_of(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::remove: return "DELETE";
    }
    return "?";
}

}  // namespace atelier::http
