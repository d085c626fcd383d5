// What is secret: drawn from the kernel's random numbers, and known to the database by its hash alone. Passwords cost
// argon2id's memory and time to check; tokens and cookies are too long to be guessed, so SHA-256 is enough for them.
#pragma once

#include <string>
#include <string_view>

namespace atelier::accounts {

std::string random_secret();  // 256 bits in hexadecimal
std::string new_token_secret();
bool looks_like_token(std::string_view secret);  // what new_token_secret could give
std::string hash_of(std::string_view secret);

// Throws Error::invalid for what nobody should use: fewer than 8 characters, more than 1,024 bytes.
void check_password(std::string_view password);

// Each takes about 50 ms and 64 MB; more than two at a time wait, so that a flood of log-ins doesn't take the memory.
std::string hash_password(std::string_view password);
bool is_password(std::string_view password, const std::string& hash);
void waste_the_work_of_a_password(std::string_view password);  // for a name that nobody has

}  // namespace atelier::accounts
