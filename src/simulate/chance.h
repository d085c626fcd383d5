// Chance with a seed: the same seed, the same events.
#pragma once

#include <cstdint>
#include <random>

namespace atelier::simulate {

class Chance {
public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}

    bool one_in(std::uint64_t many) { return many > 0 && random_() % many == 0; }
    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    double between(double least, double most) {
        return least + (most - least) * static_cast<double>(random_() >> 11) * 0x1.0p-53;
    }

private:
    std::mt19937_64 random_;
};

}  // namespace atelier::simulate
