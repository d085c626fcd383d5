// What must not be seen: values that a task declared secret. Every text that leaves a session goes through here first.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace atelier::session {

class Redactor {
public:
    // The value, and each line of it, is hidden from now on. False when there are too many already.
    bool hide(std::string_view secret);

    // "cut": the text is the beginning of a longer one, so that a secret's beginning at its end is hidden as well.
    std::string apply(std::string_view text, bool cut = false) const;

private:
    std::set<std::string, std::less<>> parts_;  // hidden wherever they occur
    std::set<std::string, std::less<>> lines_;  // too short for that: hidden where they are a whole line
};

constexpr std::size_t most_secrets = 1000;
constexpr std::string_view redacted = "********";

// A command's text, without what follows after an openjd_redacted_env in it: the secret isn't known yet when it is
// logged.
std::string without_declared_secrets(std::string_view text);

}  // namespace atelier::session
