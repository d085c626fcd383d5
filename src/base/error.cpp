#include "base/error.h"

#include <system_error>

namespace atelier {

namespace {

Error::Kind kind_of(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR: return Error::Kind::not_found;
        case EEXIST:
        case ENOTEMPTY: return Error::Kind::conflict;
        case EACCES:
        case EPERM:
        case EROFS: return Error::Kind::denied;
        case ENOSPC:
        case EDQUOT:
        case EMFILE:
        case ENFILE:
        case ENOMEM: return Error::Kind::exhausted;
        case EINVAL:
        case ELOOP:
        case ENAMETOOLONG: return Error::Kind::invalid;
        case ECONNREFUSED:
        case ETIMEDOUT:
        case EAGAIN: return Error::Kind::unavailable;
        default: return Error::Kind::internal;
    }
}

std::string hint_for(int number) {
    switch (number) {
        case ENOSPC:
        case EDQUOT: return "free some space on this disk, or point ATELIER_HOME at a larger one";
        case EROFS: return "the file system is mounted read-only";
        case EACCES:
        case EPERM: return "check the owner and the mode of this path";
        case EMFILE:
        case ENFILE: return "raise the limit on open files (ulimit -n)";
        default: return {};
    }
}

}  // namespace

Error Error::from_errno(const std::string& what, int number) {
    return {kind_of(number), what + ": " + std::generic_category().message(number), hint_for(number)};
}

std::string_view to_string(Error::Kind kind) {
    switch (kind) {
        case Error::Kind::invalid: return "invalid";
        case Error::Kind::not_found: return "not_found";
        case Error::Kind::conflict: return "conflict";
        case Error::Kind::denied: return "denied";
        case Error::Kind::unavailable: return "unavailable";
        case Error::Kind::exhausted: return "exhausted";
        case Error::Kind::internal: return "internal";
    }
    return "internal";
}

}  // namespace atelier
