// Azure's connection string, and how requests to its blobs are signed with it. Whatever is wrong with a connection
// string is told without any of its values.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "http/message.h"

namespace atelier::store {

struct AzureAccount {
    std::string name;
    std::string key;            // its bytes; empty when there is a shared access signature instead
    std::string shared_access;  // a query, without '?'
    std::string blob_endpoint;  // https://NAME.blob.core.windows.net, without '/' at its end
};

// DefaultEndpointsProtocol, AccountName, AccountKey, EndpointSuffix, BlobEndpoint, SharedAccessSignature,
// UseDevelopmentStorage; other keys are for services that aren't used here. Throws Error::invalid.
AzureAccount parse_connection_string(std::string_view text);

using Query = std::map<std::string, std::string>;  // not encoded

// The header "Authorization". path: encoded, with the account in front where the endpoint has it there; headers: all of
// the request's own, x-ms-date and x-ms-version among them.
std::string shared_key_authorization(const AzureAccount& account, std::string_view method, std::string_view path,
                                     const Query& query, const http::Headers& headers, std::size_t content_length);

}  // namespace atelier::store
