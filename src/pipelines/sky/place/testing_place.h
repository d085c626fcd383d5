// For tests alone: positions compared with those of the tables.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/json.h"
#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

inline void expect_near(double value, const json::Value& truth) {
    const double expected = truth.to_number<double>();
    EXPECT_NEAR(value, expected, 1e-11 + 1e-9 * std::abs(expected));
}

inline FitsHeader header_of(const json::Value& cards) {
    FitsHeader header;
    for (const auto& card : cards.as_object()) {
        const std::string key(card.key());
        if (card.value().is_string())
            header.set(key, std::string_view(card.value().as_string()));
        else
            header.set(key, card.value().to_number<double>());
    }
    return header;
}

inline void expect_same(const Wcs& wcs, const json::Value& headers) {
    expect_near(wcs.crval1, headers.at("CRVAL1"));
    expect_near(wcs.crval2, headers.at("CRVAL2"));
    expect_near(wcs.crpix1, headers.at("CRPIX1"));
    expect_near(wcs.crpix2, headers.at("CRPIX2"));
    expect_near(wcs.cd11, headers.at("CD1_1"));
    expect_near(wcs.cd12, headers.at("CD1_2"));
    expect_near(wcs.cd21, headers.at("CD2_1"));
    expect_near(wcs.cd22, headers.at("CD2_2"));
}

}  // namespace atelier::pipelines::sky
