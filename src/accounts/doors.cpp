#include "accounts/doors.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace atelier::accounts {

namespace {

constexpr int free_tries_of_account = 5;
constexpr int free_tries_of_address = 20;  // several people may share one
constexpr double first_wait = 1;           // seconds; doubled by each further failure
constexpr double longest_wait = 15 * 60;
constexpr int enough_doublings = 20;
constexpr double forgotten_after = 3600;
constexpr std::size_t most_entries = 10'000;  // of each book

}  // namespace

void Doors::enter(const std::string& account, const std::string& address) {
    const double wait = std::max(seconds_closed(accounts_, account), seconds_closed(addresses_, address));
    if (wait > 0)
        throw Error(Error::Kind::exhausted, "too many attempts to log in have failed",
                    "try again in " + format_duration(std::ceil(wait)));
    count(accounts_, account, free_tries_of_account);
    count(addresses_, address, free_tries_of_address);
}

// Who has one account of their own must not open the doors to those of others with it: what the address failed before
// stays counted.
void Doors::was_right(const std::string& account, const std::string& address) {
    accounts_.erase(account);
    const auto tries = addresses_.find(address);
    if (tries == addresses_.end()) return;
    tries->second.open_again = tries->second.last;
    if (--tries->second.failed <= 0) addresses_.erase(tries);
}

double Doors::seconds_closed(const Book& book, const std::string& key) const {
    const auto tries = book.find(key);
    return tries == book.end() ? 0 : seconds_between(clock_.steady(), tries->second.open_again);
}

void Doors::count(Book& book, const std::string& key, int free_tries) {
    make_room(book);
    const Steady now = clock_.steady();
    Tries& tries = book.try_emplace(key, Tries{0, now, now}).first->second;
    if (seconds_between(tries.last, now) > forgotten_after) tries.failed = 0;
    tries.last = tries.open_again = now;
    if (++tries.failed < free_tries) return;
    const double wait = std::ldexp(first_wait, std::min(tries.failed - free_tries, enough_doublings));
    tries.open_again += in_steady(std::min(wait, longest_wait));
}

// First what is forgotten anyway; else the one with the fewest failures goes, so that a flood of names can't free one
// that is being guessed.
void Doors::make_room(Book& book) const {
    if (book.size() < most_entries) return;
    std::erase_if(book, [now = clock_.steady()](const auto& entry) {
        return seconds_between(entry.second.last, now) > forgotten_after;
    });
    if (book.size() < most_entries) return;
    book.erase(std::min_element(book.begin(), book.end(), [](const auto& left, const auto& right) {
        return std::pair(left.second.failed, left.second.last) < std::pair(right.second.failed, right.second.last);
    }));
}

}  // namespace atelier::accounts
