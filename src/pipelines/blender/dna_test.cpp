#include "pipelines/blender/dna.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "pipelines/blender/blend_file.h"
#include "pipelines/blender/testing_blend.h"

namespace atelier::pipelines::blender {
namespace {

using atelier::testing_support::error_of;
using testing_support::BlendMaker;
using testing_support::Generation;

// The content of a maker's DNA block.
std::string dna_of(const BlendMaker& maker) {
    const std::string bytes = maker.bytes();
    const std::size_t begin = bytes.find("SDNA");
    return bytes.substr(begin, bytes.rfind("ENDB") - begin);
}

BlendMaker sample(Generation generation = {}) {
    BlendMaker maker(generation);
    maker.define("Inner", "char small; uchar byte; short pair[2]; float real")
        .define("Outer",
                "Inner *link; Inner inner[3]; double exact; int64_t wide; char text[8]; void (*call)(); "
                "Inner *links[2]; int table[2][3]");
    return maker;
}

TEST(Dna, FindsFieldsInEveryForm) {
    for (const int pointer : {4, 8}) {
        const Header header{304, pointer};
        const Dna dna(header, dna_of(sample({pointer})));
        const auto outer = dna.find_struct("Outer");
        ASSERT_TRUE(outer);
        const auto offset = [&](std::string_view path) { return dna.find_field(*outer, path)->offset; };
        const auto size = static_cast<std::uint64_t>(pointer);
        EXPECT_EQ(dna.struct_name(*outer), "Outer");
        EXPECT_EQ(offset("inner"), size);
        EXPECT_EQ(offset("inner[2].pair[1]"), size + 2 * 10 + 4);
        EXPECT_EQ(offset("exact"), size + 30);
        EXPECT_EQ(offset("call"), size + 30 + 24);
        EXPECT_EQ(offset("links[1]"), 3 * size + 30 + 24);
        EXPECT_EQ(offset("table[5]"), 4 * size + 30 + 24 + 20);
        EXPECT_EQ(dna.struct_size(*outer), 4 * size + 30 + 24 + 24);
        EXPECT_EQ(dna.find_field(*outer, "table")->count, 6u);
        for (const char* none : {"", "nothing", "inner[3]", "inner[-1]", "inner[x]", "inner.nothing", "link.small",
                                 "exact.real", "table[6]", "inner[", ".", "inner..pair"})
            EXPECT_FALSE(dna.find_field(*outer, none)) << none;
    }
    const Dna dna(Header{}, dna_of(sample()));
    EXPECT_TRUE(dna.has_field("Inner", "real"));
    EXPECT_FALSE(dna.has_field("Nothing", "real"));
    EXPECT_EQ(dna.struct_size(99), 0u);
    EXPECT_EQ(dna.struct_name(99), "");
    EXPECT_FALSE(dna.find_field(99, "real"));
}

TEST(Dna, ReadsValuesOfEveryType) {
    const Dna dna(Header{}, dna_of(sample()));
    std::string bytes(static_cast<std::size_t>(dna.struct_size(*dna.find_struct("Inner"))), '\0');
    bytes.replace(0, 10, std::string("\xFF\xFF\xFE\xFF\x02\x00\x00\x00\x80\x3F", 10));
    const Record record(dna, *dna.find_struct("Inner"), bytes);
    EXPECT_EQ(record.integer("small"), -1);
    EXPECT_EQ(record.integer("byte"), 255);
    EXPECT_EQ(record.integer("pair"), -2);
    EXPECT_EQ(record.integer("pair[1]"), 2);
    EXPECT_EQ(record.number("real"), 1.0);
    EXPECT_EQ(record.number("pair[1]"), 2.0);
    EXPECT_FALSE(record.integer("real"));
    EXPECT_FALSE(record.text("pair"));
    EXPECT_EQ(record.pointer("pair"), 0u);
    EXPECT_EQ(record.integer_or("nothing", 5), 5);
    // A block that is shorter than its struct has the fields that are there.
    const Record cut(dna, *dna.find_struct("Inner"), bytes.substr(0, 5));
    EXPECT_EQ(cut.integer("pair"), -2);
    EXPECT_FALSE(cut.integer("pair[1]"));
    EXPECT_FALSE(cut.number("real"));
}

TEST(Dna, EveryCutIsRefused) {
    const std::string good = dna_of(sample());
    EXPECT_NO_THROW(Dna(Header{}, good));
    for (std::size_t size = 0; size < good.size(); ++size)
        ASSERT_EQ(error_of([&] { Dna(Header{}, good.substr(0, size)); }).kind(), Error::Kind::invalid) << size;
}

TEST(Dna, CountsAndNumbersThatLieAreRefused) {
    const std::string good = dna_of(sample());
    const auto with = [&](std::string_view after, std::size_t skip, const std::string& bytes) {
        std::string changed = good;
        changed.replace(changed.find(after) + after.size() + skip, bytes.size(), bytes);
        return changed;
    };
    for (const std::string& bytes :
         {with("NAME", 0, "\xFF\xFF\xFF\xFF"), with("TYPE", 0, "\xFF\xFF\xFF\x7F"), with("STRC", 0, "\xFF\xFF\xFF\xFF"),
          with("STRC", 4, "\xFF\xFF"), with("STRC", 6, "\xFF\xFF"), with("STRC", 8, "\xFF\xFF"),
          with("STRC", 10, "\xFF\xFF")})
        EXPECT_EQ(error_of([&] { Dna(Header{}, bytes); }).kind(), Error::Kind::invalid);
}

TEST(Dna, AFieldOfASizeThatCantBeIsRefused) {
    const std::string good = dna_of(BlendMaker().define("One", "int large[1][1][1][1]; int next"));
    const auto with = [&](std::string name) {
        std::string bytes = good;
        name.resize(std::string("large[1][1][1][1]").size(), 'x');
        return bytes.replace(bytes.find("large"), name.size(), name);
    };
    EXPECT_EQ(Dna(Header{}, with("large[9999]")).find_field(0, "next")->offset, 9999u * 4);
    EXPECT_EQ(Dna(Header{}, with("large[0]")).find_field(0, "next")->offset, 0u);
    for (const char* name : {"large[99x]", "large[9", "large[-1]", "large[]", "large[9999999999]",
                             "large[99999][99999]", "large[2147483647]"})
        EXPECT_EQ(error_of([&] { Dna(Header{}, with(name)); }).kind(), Error::Kind::invalid) << name;
}

}  // namespace
}  // namespace atelier::pipelines::blender
