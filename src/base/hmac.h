// What services of others sign and check by: HMAC with SHA-256, and MD5, which is no secret's keeper but tells damage.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

std::string hmac_sha256(std::string_view key, std::string_view text);  // 32 bytes
std::string md5(std::string_view bytes);                               // 16 bytes

}  // namespace atelier
