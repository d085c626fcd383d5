#include "base/id.h"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "base/error.h"

namespace atelier {

namespace {
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

// How many forks lie between the first process and this one.
std::atomic<int> generation = 0;

// Random bytes are fetched in blocks: an id is drawn for every lease. A forked child must not draw what its parent will
// draw.
class RandomBlock {
public:
    unsigned char next() {
        if (used_ == bytes_.size() || generation_ != generation) fill();
        return bytes_[used_++];
    }

private:
    void fill() {
        if (getrandom(bytes_.data(), bytes_.size(), 0) != static_cast<ssize_t>(bytes_.size()))
            throw Error::from_errno("cannot read random numbers");
        used_ = 0;
        generation_ = generation;
    }
    std::array<unsigned char, 256> bytes_{};
    std::size_t used_ = bytes_.size();
    int generation_ = 0;
};
}  // namespace

std::string random_id(int length) {
    static const int watched = ::pthread_atfork(nullptr, nullptr, [] { ++generation; });
    if (watched != 0) throw Error(Error::Kind::exhausted, "out of memory");
    thread_local RandomBlock block;
    std::string id(static_cast<std::size_t>(length), '0');
    for (char& letter : id)
        letter = alphabet[block.next() % alphabet.size()];
    return id;
}

bool looks_like_id(std::string_view text) {
    constexpr std::size_t longest = 64;
    return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char letter) {
        return alphabet.find(letter) != std::string_view::npos;
    });
}

}  // namespace atelier
