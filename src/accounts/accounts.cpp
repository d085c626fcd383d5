#include "accounts/accounts.h"

namespace atelier::accounts {

std::string_view name_of(Role role) {
    switch (role) {
        case Role::pending: return "pending";
        case Role::user: return "user";
        case Role::admin: return "admin";
    }
    return "?";
}

}  // namespace atelier::accounts
