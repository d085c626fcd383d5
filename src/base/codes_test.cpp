// Small codes that services of others want, against what is published of them; and much of the same on several threads.
#include <gtest/gtest.h>

#include <atomic>

#include "base/base64.h"
#include "base/hmac.h"
#include "base/parallel.h"
#include "base/testing.h"

namespace atelier {
namespace {

using testing_support::error_of;

TEST(Base64, OfAnyBytesAndBack) {
    EXPECT_EQ(base64_of(""), "");
    EXPECT_EQ(base64_of("f"), "Zg==");
    EXPECT_EQ(base64_of("fo"), "Zm8=");
    EXPECT_EQ(base64_of("foo"), "Zm9v");
    std::string bytes;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(from_base64(base64_of(bytes)), bytes);
        bytes += static_cast<char>(i * 37);
    }
    for (const char* wrong : {"Z", "Zg=", "Zg==Zg==", "Z!==", "Zh==", "===="})
        EXPECT_EQ(error_of([&] { from_base64(wrong); }).kind(), Error::Kind::invalid) << wrong;
}

// RFC 4231, cases 1 and 2; RFC 1321.
TEST(Hmac, AsPublished) {
    EXPECT_EQ(base64_of(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c=");
    EXPECT_EQ(base64_of(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    EXPECT_EQ(base64_of(hmac_sha256("", "")), "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=");
    EXPECT_EQ(base64_of(md5("")), "1B2M2Y8AsgTpgAmY7PhCfg==");
    EXPECT_EQ(base64_of(md5("abc")), "kAFQmDzST7DWlj99KOF/cg==");
}

TEST(InParallel, EachOnceWhateverTheThreads) {
    for (const std::size_t threads : {0u, 1u, 3u, 100u}) {
        std::vector<std::atomic<int>> done(50);
        in_parallel(done.size(), threads, [&](std::size_t i) { ++done[i]; });
        for (const auto& count : done)
            EXPECT_EQ(count, 1);
    }
    in_parallel(0, 4, [](std::size_t) { FAIL(); });
}

TEST(InParallel, WhatIsThrownComesOut) {
    std::atomic<int> begun = 0;
    const auto act = [&](std::size_t i) {
        ++begun;
        if (i == 3) throw Error(Error::Kind::conflict, "three");
    };
    EXPECT_EQ(error_of([&] { in_parallel(100'000, 2, act); }).kind(), Error::Kind::conflict);
    EXPECT_LT(begun, 100'000);
}

}  // namespace
}  // namespace atelier
