// Signatures of version 4, as S3 and what speaks like it want them, and Google Cloud Storage with names of its own.
// Checked against the examples that AWS publishes.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"
#include "store/shared_key.h"

namespace atelier::store {

struct SigningKey {
    std::string id;
    std::string secret;
    std::string session_token;  // may be empty
    std::string region;
    bool is_google = false;
};

struct ToSign {
    std::string method;
    std::string host;  // with its port, if it isn't the protocol's own
    std::string path;  // encoded
    Query query;
    http::Headers headers;  // all are signed
    std::string_view content;
};

// The headers to be sent: those that were there, the time, the content's hash, the token, "Authorization".
http::Headers sign_v4(const SigningKey& key, const ToSign& request, Micros now);

std::string query_text(const Query& query);    // encoded, by name: a=1&b=%20
std::string path_text(std::string_view name);  // encoded, but for its slashes

}  // namespace atelier::store
