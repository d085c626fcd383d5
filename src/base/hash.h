// SHA-256, the identity of a blob. Incremental, so that files of any size are hashed with flat memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace atelier {

struct Digest {
    std::array<unsigned char, 32> bytes{};

    std::string hex() const;
    static Digest from_hex(std::string_view hex);  // throws Error::invalid
    auto operator<=>(const Digest&) const = default;
};

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(const void* data, std::size_t size);
    void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
    Digest finish();  // afterwards it begins anew

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

Digest sha256(std::string_view bytes);

}  // namespace atelier
