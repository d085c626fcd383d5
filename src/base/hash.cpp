#include "base/hash.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace atelier {

struct Sha256::Context {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();
    ~Context() { EVP_MD_CTX_free(handle); }
};

namespace {

void begin(EVP_MD_CTX* handle) {
    static const EVP_MD* const algorithm = EVP_sha256();
    if (handle == nullptr || EVP_DigestInit_ex(handle, algorithm, nullptr) != 1)
        throw Error(Error::Kind::internal, "SHA-256 is not available from OpenSSL");
}

int digit_of(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    return -1;
}

}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) { begin(context_->handle); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(const void* data, std::size_t size) {
    if (EVP_DigestUpdate(context_->handle, data, size) != 1) throw Error(Error::Kind::internal, "SHA-256 failed");
}

Digest Sha256::finish() {
    Digest digest;
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context_->handle, digest.bytes.data(), &size) != 1 || size != digest.bytes.size())
        throw Error(Error::Kind::internal, "SHA-256 failed");
    begin(context_->handle);
    return digest;
}

Digest sha256(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string Digest::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

Digest Digest::from_hex(std::string_view hex) {
    Digest digest;
    if (hex.size() != digest.bytes.size() * 2)
        throw Error(Error::Kind::invalid, "not a SHA-256: 64 hexadecimal digits are expected");
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        const int high = digit_of(hex[2 * i]);
        const int low = digit_of(hex[2 * i + 1]);
        if (high < 0 || low < 0) throw Error(Error::Kind::invalid, "not a SHA-256: lower-case hexadecimal is expected");
        digest.bytes[i] = static_cast<unsigned char>(high << 4 | low);
    }
    return digest;
}

}  // namespace atelier
