#include "store/shared_key.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/error.h"
#include "base/hmac.h"
#include "base/text.h"

namespace atelier::store {

namespace {

// The emulator's, the same everywhere and published with it.
constexpr std::string_view development_storage =
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1";

Error refuse(const std::string& why) {
    return {
        Error::Kind::invalid, "The connection string of the Azure account can't be used: " + why + ".",
        "It looks like DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net, as "
        "the account's page shows it under \"Access keys\"."};
}

using Parts = std::map<std::string, std::string>;  // keys in lower case

Parts parts_of(std::string_view text) {
    Parts parts;
    for (const std::string_view part : split(text, ';')) {
        if (trim(part).empty()) continue;
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos || equals == 0) throw refuse("a part of it isn't KEY=VALUE");
        const std::string key = lower(trim(part.substr(0, equals)));
        if (!parts.emplace(key, trim(part.substr(equals + 1))).second) throw refuse("a key stands in it twice");
    }
    return parts;
}

std::string value_of(const Parts& parts, const std::string& key) {
    const auto found = parts.find(key);
    return found == parts.end() ? std::string() : found->second;
}

// A value goes into an address or a header: nothing that would end it there.
void check_characters(const Parts& parts) {
    for (const auto& [key, value] : parts)
        for (const char letter : value)
            if (static_cast<unsigned char>(letter) <= ' ' || static_cast<unsigned char>(letter) > '~')
                throw refuse("a value has a character in it that can't be there");
}

std::string endpoint_of(const Parts& parts, const std::string& account) {
    std::string endpoint = value_of(parts, "blobendpoint");
    if (endpoint.empty()) {
        if (account.empty()) throw refuse("it has neither AccountName nor BlobEndpoint");
        const std::string protocol = value_of(parts, "defaultendpointsprotocol");
        const std::string suffix = value_of(parts, "endpointsuffix");
        endpoint = (protocol.empty() ? "https" : lower(protocol)) + "://" + account + ".blob." +
                   (suffix.empty() ? "core.windows.net" : suffix);
    }
    if (!endpoint.starts_with("https://") && !endpoint.starts_with("http://"))
        throw refuse("the protocol is neither http nor https");
    if (endpoint.find_first_of("?#@") != std::string::npos) throw refuse("BlobEndpoint is no plain address");
    while (endpoint.ends_with('/'))
        endpoint.pop_back();
    return endpoint;
}

// https://ACCOUNT.blob.…, and http://127.0.0.1:10000/ACCOUNT.
std::string account_in(const std::string& endpoint) {
    const std::string rest = endpoint.substr(endpoint.find("//") + 2);
    const std::size_t slash = rest.find('/');
    return slash != std::string::npos ? rest.substr(slash + 1) : rest.substr(0, rest.find('.'));
}

std::string header_of(const http::Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (lower(key) == name) return value;
    return {};
}

std::string canonical_headers(const http::Headers& headers) {
    std::map<std::string, std::string> own;
    for (const auto& [key, value] : headers)
        if (std::string name = lower(key); name.starts_with("x-ms-")) own[std::move(name)] = trim(value);
    std::string text;
    for (const auto& [name, value] : own)
        text.append(name).append(":").append(value).append("\n");
    return text;
}

}  // namespace

AzureAccount parse_connection_string(std::string_view text) {
    Parts parts = parts_of(text);
    if (lower(value_of(parts, "usedevelopmentstorage")) == "true") parts = parts_of(development_storage);
    check_characters(parts);
    AzureAccount account;
    account.name = value_of(parts, "accountname");
    account.blob_endpoint = endpoint_of(parts, account.name);
    if (account.name.empty()) account.name = account_in(account.blob_endpoint);
    account.shared_access = value_of(parts, "sharedaccesssignature");
    if (account.shared_access.starts_with('?')) account.shared_access.erase(0, 1);
    const std::string key = value_of(parts, "accountkey");
    if (key.empty() && account.shared_access.empty())
        throw refuse("it has neither AccountKey nor SharedAccessSignature");
    if (!key.empty()) account.shared_access.clear();
    try {
        account.key = from_base64(key);
    } catch (const Error&) {
        throw refuse("AccountKey is damaged; it may have been cut off when it was copied");
    }
    return account;
}

std::string shared_key_authorization(const AzureAccount& account, std::string_view method, std::string_view path,
                                     const Query& query, const http::Headers& headers, std::size_t content_length) {
    constexpr std::array before_length{"content-encoding", "content-language"};
    constexpr std::array after_length{"content-md5",   "content-type",        "date", "if-modified-since", "if-match",
                                      "if-none-match", "if-unmodified-since", "range"};
    std::string text(method);
    text += '\n';
    for (const char* name : before_length)
        text += header_of(headers, name) + '\n';
    text += (content_length == 0 ? "" : std::to_string(content_length)) + '\n';
    for (const char* name : after_length)
        text += header_of(headers, name) + '\n';
    text += canonical_headers(headers);
    text.append("/").append(account.name).append(path);
    for (const auto& [name, value] : query)
        text.append("\n").append(lower(name)).append(":").append(value);
    return "SharedKey " + account.name + ':' + base64_of(hmac_sha256(account.key, text));
}

}  // namespace atelier::store
