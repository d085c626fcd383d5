#include "pipelines/sky/fits/fits_header.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>

#include "base/error.h"
#include "base/testing.h"

namespace atelier::pipelines::sky {
namespace {

using testing_support::error_of;

std::string blocks(std::initializer_list<std::string> cards) {
    std::string result;
    for (std::string card : cards) {
        card.resize(fits_card, ' ');
        result += card;
    }
    result.resize((result.size() + fits_block - 1) / fits_block * fits_block, ' ');
    return result;
}

TEST(FitsHeader, ReadsEachKindOfValue) {
    const auto header = FitsHeader::parse(blocks(
        {"SIMPLE  =                    T / a FITS file", "BITPIX  =                  -32",
         "CRVAL1  =   1.25D+02 / FORTRAN writes so", "OBJECT  = 'it''s / here  '     / with a slash", "EMPTY   = ''",
         "NOTHING =                      / without a value", "WHOLE   = 16.", "TEXTNUM = '3.5     '", "COMMENT = 5",
         "HISTORY made by hand", "", "HIERARCH ESO TEL NAME = 'UT4' / long", "END"}));
    EXPECT_EQ(header.truth("SIMPLE"), true);
    EXPECT_EQ(header.whole("BITPIX"), -32);
    EXPECT_EQ(header.number("CRVAL1"), 125.0);
    EXPECT_EQ(header.text("OBJECT"), "it's / here");
    EXPECT_EQ(header.text("EMPTY"), "");
    EXPECT_TRUE(header.has("NOTHING"));
    EXPECT_EQ(header.number("NOTHING"), std::nullopt);
    EXPECT_EQ(header.text("NOTHING"), std::nullopt);
    EXPECT_EQ(header.whole("WHOLE"), 16);
    EXPECT_EQ(header.number("TEXTNUM"), 3.5);
    EXPECT_FALSE(header.has("HISTORY"));
    EXPECT_EQ(header.text("ESO TEL NAME"), "UT4");
    EXPECT_EQ(header.truth("BITPIX"), std::nullopt);
    EXPECT_EQ(header.bytes(), fits_block);
}

TEST(FitsHeader, JoinsTextThatContinues) {
    const auto header = FitsHeader::parse(blocks({"LONG    = 'the first &'", "CONTINUE  'the second&'", "CONTINUE  ''",
                                                  "OTHER   = 'a & b'", "CONTINUE  'belongs to nothing'", "END"}));
    EXPECT_EQ(header.text("LONG"), "the first the second");
    EXPECT_EQ(header.text("OTHER"), "a & b");
}

TEST(FitsHeader, TheFirstOfTwoCardsCounts) {
    const auto header = FitsHeader::parse(blocks({"A       = 1", "A       = 2", "END"}));
    EXPECT_EQ(header.whole("A"), 1);
}

TEST(FitsHeader, MayFillSeveralBlocks) {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += blocks({"K" + std::to_string(i) + std::string(8, ' ').substr(0, i < 10 ? 6 : 5) + "= 7"}).substr(0, 80);
    text += blocks({"END"}).substr(0, 80);
    text.resize(3 * fits_block, ' ');
    const auto header = FitsHeader::parse(text);
    EXPECT_EQ(header.whole("K99"), 7);
    EXPECT_EQ(header.bytes(), 3 * fits_block);
}

TEST(FitsHeader, RefusesWhatIsDamaged) {
    EXPECT_EQ(error_of([] { FitsHeader::parse(""); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([] { FitsHeader::parse(std::string(fits_block, ' ')); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([] { FitsHeader::parse(std::string(fits_block, '\0')); }).kind(), Error::Kind::invalid);
    // END in a block that was cut short.
    EXPECT_EQ(error_of([] { FitsHeader::parse(blocks({"END"}).substr(0, 2879)); }).kind(), Error::Kind::invalid);
    const Error error = error_of([] { FitsHeader::parse(blocks({"A       = 1", "B       = 'open", "END"})); });
    EXPECT_EQ(std::string(error.what()), "card 2 of the FITS header, \"B       = 'open\", lacks its closing quote");
    EXPECT_EQ(error_of([] { FitsHeader::parse(blocks({"\x01KEY    = 1", "END"})); }).kind(), Error::Kind::invalid);
}

TEST(FitsHeader, EndlessTextIsRefused) {
    std::string text = blocks({"LONG    = '&'"}).substr(0, fits_card);
    for (int i = 0; i < 2000; ++i)
        text += blocks({"CONTINUE  '" + std::string(60, 'x') + "&'"}).substr(0, fits_card);
    text += blocks({"END"});
    text.resize(text.size() / fits_block * fits_block);
    EXPECT_NE(std::string(error_of([&] { FitsHeader::parse(text); }).what()).find("too long"), std::string::npos);
}

TEST(FitsHeader, WhatIsWrittenReadsBackTheSame) {
    FitsHeader header;
    header.set("SIMPLE", true);
    header.set("NAXIS", 2);
    header.set("CRVAL1", 216.296296296296);
    header.set("TINY", -1.7976931348623157e-300);
    header.set("ROUND", 3.0);
    header.set("OBJECT", "it's");
    const std::string quotes = std::string(67, 'a') + std::string(200, '\'') + " &";
    header.set("LONG", quotes);
    header.set("NAXIS", 3);
    header.set("ESO TEL NAME", "UT4");
    const std::string written = header.blocks();
    EXPECT_EQ(written.size() % fits_block, 0u);
    EXPECT_EQ(written.substr(0, 80), "SIMPLE  =                    T" + std::string(50, ' '));
    const auto again = FitsHeader::parse(written);
    EXPECT_EQ(again.truth("SIMPLE"), true);
    EXPECT_EQ(again.whole("NAXIS"), 3);
    EXPECT_EQ(again.number("CRVAL1"), 216.296296296296);
    EXPECT_EQ(again.number("TINY"), -1.7976931348623157e-300);
    EXPECT_EQ(again.number("ROUND"), 3.0);
    EXPECT_EQ(again.text("OBJECT"), "it's");
    EXPECT_EQ(again.text("LONG"), quotes);
    EXPECT_EQ(again.text("ESO TEL NAME"), "UT4");
    EXPECT_EQ(again.blocks(), written);
}

}  // namespace
}  // namespace atelier::pipelines::sky
