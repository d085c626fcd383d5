#include "base/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.h"

namespace atelier {

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::string mac(32, '\0');
    unsigned int size = 0;
    // Without a key of its own there would be a null pointer, which OpenSSL takes for "the last one again".
    const char* bytes = key.empty() ? "" : key.data();
    if (HMAC(EVP_sha256(), bytes, static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
             text.size(), reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr ||
        size != mac.size())
        throw Error(Error::Kind::internal, "HMAC is not available from OpenSSL");
    return mac;
}

std::string md5(std::string_view bytes) {
    std::string digest(16, '\0');
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_md5(),
                   nullptr) != 1 ||
        size != digest.size())
        throw Error(Error::Kind::internal, "MD5 is not available from OpenSSL");
    return digest;
}

}  // namespace atelier
