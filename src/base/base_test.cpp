#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/file_pieces.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/json_struct.h"
#include "base/text.h"
#include "base/time.h"

namespace atelier {
namespace {

TEST(Text, SplitsTrimsAndJoins) {
    EXPECT_EQ(trim(" \t a b \n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
    EXPECT_EQ(split("a,,b", ',').size(), 3u);
    EXPECT_EQ(join({"a", "", "b"}, "+"), "a++b");
}

TEST(Text, ParsesWholeNumbersOnly) {
    EXPECT_EQ(parse_int("-7"), -7);
    EXPECT_EQ(parse_int("+7"), 7);
    EXPECT_EQ(parse_int("9223372036854775807"), 9223372036854775807LL);
    for (const char* bad : {"", "+", "-", "+-7", "7x", " 7", "9223372036854775808", "1.0"})
        EXPECT_FALSE(parse_int(bad)) << bad;
    EXPECT_EQ(parse_number("1e3"), 1000.0);
    for (const char* bad : {"", "inf", "nan", "0x10", "1,5", "1e999"})
        EXPECT_FALSE(parse_number(bad)) << bad;
}

TEST(Text, CountsCharactersAndShowsBrokenBytes) {
    EXPECT_EQ(count_characters("aé€😀"), 4u);
    EXPECT_FALSE(count_characters("\xff"));
    EXPECT_FALSE(count_characters("\xc0\x80"));      // overlong
    EXPECT_FALSE(count_characters("\xed\xa0\x80"));  // a surrogate
    EXPECT_EQ(printable("a\xff€"), "a\\xff€");
    EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
}

TEST(Text, ReadsAndWritesSizes) {
    EXPECT_EQ(format_bytes(999), "999 B");
    EXPECT_EQ(format_bytes(1400), "1.4 kB");
    EXPECT_EQ(format_bytes(999'600), "1.0 MB");
    EXPECT_EQ(parse_bytes("1.5GiB"), 1610612736u);
    EXPECT_EQ(parse_bytes("10G"), 10'000'000'000u);
    EXPECT_EQ(parse_bytes("4096"), 4096u);
    for (const char* bad : {"", "G", "10X", "-1", "1e5G", "10GiBs"})
        EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Time, AnInstantReadsBackAsItWasWritten) {
    for (const Micros at : {Micros{1}, Micros{1'795'269'789'250'000}, Micros{951'782'399'999'999}})
        EXPECT_EQ(Instant::from_text(Instant(at).to_text()), at);
    EXPECT_EQ(Instant(1'795'269'789'250'000).to_text(), "2026-11-21T14:03:09.250000Z");
    EXPECT_EQ(Instant().to_text(), "");
    EXPECT_EQ(Instant::from_text(""), 0);
    for (const char* bad : {"2026-11-21", "2026-11-21T14:03:09Z", "2026-02-30T00:00:00.000000Z",
                            "2026-11-21T14:03:09.250000Zx", "2026-11-21T14:03:09.25Z", "yesterday"})
        EXPECT_THROW(Instant::from_text(bad), Error) << bad;
}

TEST(Text, FindsWhatWasMeant) {
    EXPECT_EQ(nearest("Fram", {"Frame", "Output"}), "Frame");
    EXPECT_FALSE(nearest("Zebra", {"Frame", "Output"}));
    EXPECT_FALSE(nearest("x", {}));
}

TEST(Text, QuotesForTheShellWhereNeeded) {
    EXPECT_EQ(shell_quote("a-b/c.png"), "a-b/c.png");
    EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
    EXPECT_EQ(shell_quote(""), "''");
}

TEST(Time, SpeaksToPeople) {
    EXPECT_EQ(format_utc(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_utc(-1), "1969-12-31T23:59:59Z");
    EXPECT_EQ(format_duration(0.42), "0.4s");
    EXPECT_EQ(format_duration(59.7), "1m 00s");
    EXPECT_EQ(format_duration(7500), "2h 05m");
    EXPECT_EQ(format_duration(-1), "?");
}

TEST(Id, IsRandomAndOfItsAlphabet) {
    const std::string one = random_id(attempt_id_length);
    EXPECT_EQ(one.size(), 16u);
    EXPECT_NE(one, random_id(attempt_id_length));
    EXPECT_TRUE(looks_like_id(one));
    EXPECT_FALSE(looks_like_id("ill"));
    EXPECT_FALSE(looks_like_id(""));
}

TEST(Id, IsAnotherOneInAForkedChild) {
    random_id(1);  // the block of random bytes is begun
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const std::string id = random_id(16);
        ::_exit(::write(ends[1], id.data(), id.size()) == 16 ? 0 : 1);
    }
    std::string id(16, '\0');
    EXPECT_EQ(::read(ends[0], id.data(), id.size()), 16);
    EXPECT_NE(random_id(16), id);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(Hash, AgreesWithThePublishedVector) {
    const Digest digest = sha256("abc");
    EXPECT_EQ(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(Digest::from_hex(digest.hex()), digest);
    EXPECT_THROW(Digest::from_hex("abc"), Error);
    EXPECT_THROW(Digest::from_hex(std::string(64, 'G')), Error);
    Sha256 pieces;
    pieces.update("a");
    pieces.update("bc");
    EXPECT_EQ(pieces.finish(), digest);
    pieces.update("abc");
    EXPECT_EQ(pieces.finish(), digest) << "it begins anew";
}

TEST(Files, AreWrittenDurablyAndReadWithABound) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "a";
    write_file_durably(file, "one");
    write_file_durably(file, "two");
    EXPECT_EQ(read_file(file), "two");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "nothing is left beside";
    EXPECT_EQ(read_file(file, 3), "two");
    EXPECT_THROW(read_file(file, 2), Error);
    EXPECT_THROW(read_file(folder.path()), Error);
    EXPECT_THROW(read_file(folder.path() / "b"), Error);
    EXPECT_THROW(write_file_durably(folder.path() / "no" / "a", "x"), Error);
}

TEST(Files, PathsFromOutsideStayInside) {
    for (const char* good : {"a", "a/b.png", "...", "a..b", ".hidden"})
        EXPECT_NO_THROW(check_relative_path(good)) << good;
    for (const char* bad : {"", "/a", "..", "a/../b", "./a", "a//b", "a/", "a\\b"})
        EXPECT_THROW(check_relative_path(bad), Error) << bad;
    EXPECT_THROW(check_relative_path(std::string_view("a\0b", 3)), Error);
}

TEST(Files, NothingIsOpenedThroughALinkThatLeadsOut) {
    const TemporaryFolder folder;
    const auto root = folder.path() / "root";
    std::filesystem::create_directory(root);
    write_file_durably(folder.path() / "secret", "s");
    write_file_durably(root / "file", "f");
    std::filesystem::create_symlink("../secret", root / "out");
    std::filesystem::create_symlink(folder.path(), root / "up");
    std::filesystem::create_symlink("file", root / "in");
    EXPECT_TRUE(open_beneath(root, "file", 0));
    EXPECT_TRUE(open_beneath(root, "in", 0));
    EXPECT_THROW(open_beneath(root, "out", 0), Error);
    EXPECT_THROW(open_beneath(root, "up/secret", 0), Error);
}

std::string all_of(FilePieces pieces) {
    std::string all;
    for (std::string_view piece; !(piece = pieces.next()).empty();)
        all += piece;
    return all;
}

TEST(FilePieces, GoFromAnOffsetToASizeOrToTheEnd) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "content";
    std::string content;
    while (content.size() < 700'000)
        content += std::to_string(content.size()) + ' ';
    write_file_durably(path, content);
    const auto pieces = [&](std::uint64_t offset, std::optional<std::uint64_t> size) {
        return FilePieces(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), path, offset, size);
    };
    EXPECT_EQ(all_of(pieces(0, {})), content);
    EXPECT_EQ(all_of(pieces(300'000, {})), content.substr(300'000));
    EXPECT_EQ(all_of(pieces(5, 300'000)), content.substr(5, 300'000));
    EXPECT_EQ(all_of(pieces(5, 0)), "");
    EXPECT_EQ(all_of(pieces(content.size(), {})), "");
    try {
        all_of(pieces(1, content.size()));
        ADD_FAILURE() << "it told bytes that are not there";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find(path.string() + " became shorter"), std::string::npos);
    }
}

TEST(Json, NamesThePlaceOfAnError) {
    try {
        json::parse("{\n \"a\": tru }");
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("line 2"));
    }
    EXPECT_THROW(json::parse(std::string(100, '[')), Error);
    EXPECT_THROW(json::parse("{} {}"), Error);
    EXPECT_THROW(json::parse(""), Error);
}

TEST(Json, CanonicalTextHasOneForm) {
    EXPECT_EQ(json::canonical(json::parse(R"({"b":[1, 2.5,null],"a":"é😀\n\u007f"})")),
              R"({"a":"\u00e9\ud83d\ude00\n\u007f","b":[1,2.5E0,null]})");
}

enum class Colour { red, blue };
BOOST_DESCRIBE_ENUM(Colour, red, blue)
struct Inner {
    std::string name = "none";
    std::optional<int> count;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name, count))
struct Outer {
    std::vector<Inner> frames;
    std::map<std::string, double> metrics;
    Colour colour = Colour::red;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (frames, metrics, colour))

TEST(Json, StructsGoOutAndComeBack) {
    const Outer outer{{{"x", 3}, {"y", std::nullopt}}, {{"loss", 0.5}}, Colour::blue};
    const Outer back = json::read<Outer>(json::parse(json::text(json::write(outer))));
    ASSERT_EQ(back.frames.size(), 2u);
    EXPECT_EQ(back.frames[0].count, 3);
    EXPECT_FALSE(back.frames[1].count);
    EXPECT_EQ(back.metrics.at("loss"), 0.5);
    EXPECT_EQ(back.colour, Colour::blue);
}

TEST(Json, WrongStructsAreRefusedByPlace) {
    const auto where = [](const char* text) -> std::string {
        try {
            json::read<Outer>(json::parse(text));
        } catch (const Error& error) {
            return error.what();
        }
        return "nothing";
    };
    EXPECT_EQ(where(R"({"frames":[{},{"name":3}]})"), "frames[1].name: not a string");
    EXPECT_EQ(where(R"({"frames":[{"count":3000000000}]})"), "frames[0].count: not a whole number in range");
    EXPECT_EQ(where(R"({"colour":"green"})"), "colour: not one of the known names");
    EXPECT_EQ(where(R"({"color":"red"})"), "color: unknown key");
    EXPECT_EQ(where("[]"), "not an object");
}

TEST(Error, SaysWhatTheSystemSaid) {
    const Error error = Error::from_errno("cannot write /x", ENOSPC);
    EXPECT_EQ(error.kind(), Error::Kind::exhausted);
    EXPECT_STREQ(error.what(), "cannot write /x: No space left on device");
    EXPECT_FALSE(error.hint().empty());
    EXPECT_EQ(to_string(error.kind()), "exhausted");
}

}  // namespace
}  // namespace atelier
