#include "base/id.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"

namespace atelier {

namespace {
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

// Random bytes are fetched in blocks: an id is drawn for every lease.
class RandomBlock {
public:
    unsigned char next() {
        if (used_ == bytes_.size()) fill();
        return bytes_[used_++];
    }

private:
    void fill() {
        if (getrandom(bytes_.data(), bytes_.size(), 0) != static_cast<ssize_t>(bytes_.size()))
            throw Error::from_errno("cannot read random numbers");
        used_ = 0;
    }
    std::array<unsigned char, 256> bytes_{};
    std::size_t used_ = bytes_.size();
};
}  // namespace

std::string random_id(int length) {
    thread_local RandomBlock block;
    std::string id(static_cast<std::size_t>(length), '0');
    for (char& letter : id)
        letter = alphabet[block.next() % alphabet.size()];
    return id;
}

bool looks_like_id(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char letter) { return alphabet.find(letter) != std::string_view::npos; });
}

}  // namespace atelier
