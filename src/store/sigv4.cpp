#include "store/sigv4.h"

#include <ctime>

#include "base/hash.h"
#include "base/hmac.h"
#include "base/text.h"

namespace atelier::store {

namespace {

struct Style {
    std::string algorithm, secret_prefix, terminator, service, header_prefix;
};

const Style& style_of(const SigningKey& key) {
    static const Style amazon{"AWS4-HMAC-SHA256", "AWS4", "aws4_request", "s3", "x-amz-"};
    static const Style google{"GOOG4-HMAC-SHA256", "GOOG4", "goog4_request", "storage", "x-goog-"};
    return key.is_google ? google : amazon;
}

std::string basic_time(Micros now) {  // 20130524T000000Z
    const std::time_t seconds = now / 1'000'000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

std::string hex(std::string_view bytes) {
    Digest digest;
    std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
    return digest.hex();
}

}  // namespace

std::string path_text(std::string_view name) {
    std::string text;
    for (const std::string_view part : split(name, '/'))
        text.append(text.empty() && part.data() == name.data() ? "" : "/").append(http::encode(part));
    return text;
}

std::string query_text(const Query& query) {
    std::string text;
    for (const auto& [name, value] : query)
        text.append(text.empty() ? "" : "&").append(http::encode(name)).append("=").append(http::encode(value));
    return text;
}

http::Headers sign_v4(const SigningKey& key, const ToSign& request, Micros now) {
    const Style& style = style_of(key);
    const std::string time = basic_time(now);
    const std::string day = time.substr(0, 8);
    const std::string content_hash = sha256(request.content).hex();
    http::Headers headers = request.headers;
    headers.emplace_back(style.header_prefix + "content-sha256", content_hash);
    headers.emplace_back(style.header_prefix + "date", time);
    if (!key.session_token.empty()) headers.emplace_back(style.header_prefix + "security-token", key.session_token);

    std::map<std::string, std::string> sorted{{"host", request.host}};
    for (const auto& [name, value] : headers)
        sorted[lower(name)] = trim(value);
    std::string canonical, names;
    for (const auto& [name, value] : sorted) {
        canonical.append(name).append(":").append(value).append("\n");
        names.append(names.empty() ? "" : ";").append(name);
    }
    const std::string asked = request.method + '\n' + request.path + '\n' + query_text(request.query) + '\n' +
                              canonical + '\n' + names + '\n' + content_hash;
    const std::string scope = day + '/' + key.region + '/' + style.service + '/' + style.terminator;
    const std::string to_sign = style.algorithm + '\n' + time + '\n' + scope + '\n' + sha256(asked).hex();

    std::string mac = style.secret_prefix + key.secret;
    for (const std::string& part : {day, key.region, style.service, style.terminator, to_sign})
        mac = hmac_sha256(mac, part);
    headers.emplace_back("Authorization", style.algorithm + " Credential=" + key.id + '/' + scope +
                                              ",SignedHeaders=" + names + ",Signature=" + hex(mac));
    return headers;
}

}  // namespace atelier::store
