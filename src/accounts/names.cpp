#include "accounts/names.h"

#include <algorithm>

#include "accounts/accounts.h"
#include "base/error.h"
#include "base/text.h"

namespace atelier::accounts {

namespace {

constexpr std::size_t longest_token_name = 100;

bool is_control(char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; }

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u; }

template <class Kind, std::size_t count>
Kind named(std::string_view name, const Kind (&all)[count], const char* what) {
    std::vector<std::string> known;
    for (const Kind kind : all) {
        if (name_of(kind) == name) return kind;
        known.emplace_back(name_of(kind));
    }
    throw Error(Error::Kind::invalid, "there is no " + std::string(what) + " '" + shortened(name, 100) + "'",
                "it is one of " + join(known, ", "));
}

}  // namespace

std::string_view name_of(Role role) {
    switch (role) {
        case Role::pending: return "pending";
        case Role::user: return "user";
        case Role::admin: return "admin";
    }
    return "?";
}

std::string_view name_of(Scope scope) {
    switch (scope) {
        case Scope::read: return "read";
        case Scope::user: return "user";
        case Scope::worker: return "worker";
    }
    return "?";
}

Role role_named(std::string_view name) {
    constexpr Role all[] = {Role::pending, Role::user, Role::admin};
    return named(name, all, "role");
}

Scope scope_named(std::string_view name) {
    constexpr Scope all[] = {Scope::read, Scope::user, Scope::worker};
    return named(name, all, "scope");
}

bool is_user_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_user_name &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
}

void check_user_name(const std::string& name) {
    if (!is_user_name(name))
        throw Error(Error::Kind::invalid, "a user's name has 1 to 64 of the characters a-z 0-9 . _ -");
    if (name == local_user)
        throw Error(Error::Kind::invalid,
                    "the name '" + name + "' is reserved: it is whoever started the server on this machine");
}

void check_token_name(const std::string& name) {
    const auto characters = count_characters(name);
    if (!characters || *characters == 0 || *characters > longest_token_name ||
        std::any_of(name.begin(), name.end(), is_control))
        throw Error(Error::Kind::invalid, "a token's name is one line of 1 to 100 characters");
}

std::string shortened(std::string_view text, std::size_t most_bytes) {
    if (text.size() > most_bytes) {
        while (most_bytes > 0 && continues_character(text[most_bytes]))
            --most_bytes;
        text = text.substr(0, most_bytes);
    }
    std::string line = printable(text);
    std::replace_if(line.begin(), line.end(), is_control, ' ');
    return line;
}

}  // namespace atelier::accounts
