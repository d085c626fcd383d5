#include "base/pair.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace atelier {
namespace {

using atelier::testing_support::error_of;

TEST(Pair, IsReadAsPeopleWriteIt) {
    EXPECT_EQ(parse_pair("1920x1080", "--size"), std::make_pair(1920, 1080));
    EXPECT_EQ(parse_pair("1x65536", "--size"), std::make_pair(1, 65536));
}

TEST(Pair, WhatIsNoneIsRefusedByTheOptionsName) {
    for (const char* text : {"", "x", "4", "4x", "x3", "0x3", "4x-1", "4x3x2", "4 x 3", "4X3", "65537x1",
                             "99999999999999999999x1", "ax3"}) {
        const Error error = error_of([&] { parse_pair(text, "--tiles"); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid) << text;
        EXPECT_NE(std::string(error.what()).find("--tiles"), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace atelier
