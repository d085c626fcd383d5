// What a name may be, and what of a text goes into the audit log.
#pragma once

#include <string>
#include <string_view>

namespace atelier::accounts {

constexpr std::size_t longest_user_name = 64;
constexpr std::size_t longest_address = 64;

bool is_user_name(std::string_view name);
void check_user_name(const std::string& name);   // throws Error::invalid; also for what is reserved
void check_token_name(const std::string& name);  // throws Error::invalid
std::string shortened(std::string_view text, std::size_t most_bytes);  // one line of valid UTF-8

}  // namespace atelier::accounts
