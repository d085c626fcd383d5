// The one error of the house. It is thrown where something goes wrong and caught at the edges alone: the command line's
// main, a request's handler, the session's runner. Each edge maps the kind (exit status, HTTP status, outcome of a
// task).
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>

namespace atelier {

class Error : public std::runtime_error {
public:
    enum class Kind { invalid, not_found, conflict, denied, unavailable, exhausted, internal };

    // message: one sentence that a user understands; hint: what to do about it; where: the place, e.g. "steps[1].name".
    Error(Kind kind, const std::string& message, std::string hint = {}, std::string where = {})
        : std::runtime_error(message), kind_(kind), hint_(std::move(hint)), where_(std::move(where)) {}

    Kind kind() const { return kind_; }
    const std::string& hint() const { return hint_; }
    const std::string& where() const { return where_; }

    // An error of the operating system, e.g. from_errno("cannot open /x", ENOENT); full disks are `exhausted`, and so
    // on.
    static Error from_errno(const std::string& what, int number = errno);

private:
    Kind kind_;
    std::string hint_;
    std::string where_;
};

std::string_view to_string(Error::Kind kind);

}  // namespace atelier
