// Who tried to log in how often, and failed. After some failures an account or an address waits, twice as long after
// each further one. In memory alone and of bounded size; not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/time.h"

namespace atelier::accounts {

class Doors {
public:
    explicit Doors(const Clock& clock) : clock_(clock) {}

    // A try begins. It counts as failed until it is known to be right: so a thousand that come at once don't slip in
    // before the first one failed. Throws Error::exhausted, with the time to wait in the hint.
    void enter(const std::string& account, const std::string& address);
    void was_right(const std::string& account, const std::string& address);

    std::size_t size() const { return accounts_.size() + addresses_.size(); }

private:
    struct Tries {
        int failed = 0;
        Steady last;
        Steady open_again;
    };
    using Book = std::map<std::string, Tries>;

    double seconds_closed(const Book& book, const std::string& key) const;
    void count(Book& book, const std::string& key, int free_tries);
    void make_room(Book& book) const;

    const Clock& clock_;
    Book accounts_;
    Book addresses_;
};

}  // namespace atelier::accounts
