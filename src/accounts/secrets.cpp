#include "accounts/secrets.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <semaphore>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace atelier::accounts {

namespace {

constexpr std::string_view token_prefix = "atl_";  // so that a token is known for one wherever it turns up
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t least_characters = 8;
constexpr std::size_t most_bytes = 1024;
constexpr int hashes_at_once = 2;

void prepare_sodium() {
    static const int ready = sodium_init();
    if (ready < 0) throw Error(Error::Kind::internal, "libsodium cannot start");
}

class Turn {
public:
    Turn() { turns().acquire(); }
    ~Turn() { turns().release(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    static std::counting_semaphore<hashes_at_once>& turns() {
        static std::counting_semaphore<hashes_at_once> all(hashes_at_once);
        return all;
    }
};

}  // namespace

std::string random_secret() {
    prepare_sodium();
    Digest random;
    static_assert(sizeof random.bytes == secret_bytes);
    randombytes_buf(random.bytes.data(), random.bytes.size());
    return random.hex();
}

std::string new_token_secret() { return std::string(token_prefix) + random_secret(); }

bool looks_like_token(std::string_view secret) {
    if (secret.size() != token_prefix.size() + 2 * secret_bytes || !secret.starts_with(token_prefix)) return false;
    return secret.find_first_not_of("0123456789abcdef", token_prefix.size()) == std::string_view::npos;
}

std::string hash_of(std::string_view secret) { return sha256(secret).hex(); }

void check_password(std::string_view password) {
    if (password.size() > most_bytes)
        throw Error(Error::Kind::invalid, "a password has at most " + std::to_string(most_bytes) + " bytes");
    const auto characters = count_characters(password);
    if (!characters) throw Error(Error::Kind::invalid, "a password is text in UTF-8");
    if (*characters < least_characters)
        throw Error(Error::Kind::invalid, "a password has at least " + std::to_string(least_characters) + " characters",
                    "a few words in a row are easy to keep in mind");
}

std::string hash_password(std::string_view password) {
    prepare_sodium();
    const Turn turn;
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_str(text.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        throw Error(Error::Kind::exhausted, "there is not enough memory to check a password");
    return text.data();
}

bool is_password(std::string_view password, const std::string& hash) {
    prepare_sodium();
    const Turn turn;
    return password.size() <= most_bytes &&
           crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

void waste_the_work_of_a_password(std::string_view password) { hash_password(password.substr(0, most_bytes)); }

}  // namespace atelier::accounts
