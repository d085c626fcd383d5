#include "process/lines.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "process/keeper.h"

namespace atelier::process {
namespace {

using Lines = std::vector<std::string>;

Lines split_in_pieces(std::string_view bytes, std::size_t piece) {
    Lines lines;
    LineSplitter splitter([&](std::string_view line) { lines.emplace_back(line); });
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        splitter.feed(bytes.substr(at, piece));
    splitter.finish();
    return lines;
}

TEST(LineSplitter, GivesTheSameLinesHoweverTheBytesCome) {
    const std::string_view bytes = "one\n\ntwo\r\nRendered 1%\rRendered 2%\r\r\nlast";
    const Lines expected{"one", "", "two", "Rendered 1%", "Rendered 2%", "", "last"};
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
        EXPECT_EQ(split_in_pieces(bytes, piece), expected) << piece;
}

TEST(LineSplitter, OfNothingGivesNothing) {
    EXPECT_EQ(split_in_pieces("", 1), Lines{});
    EXPECT_EQ(split_in_pieces("\n", 1), Lines{""});
    EXPECT_EQ(split_in_pieces("a\r", 1), Lines{"a"});
}

TEST(LineSplitter, KeepsEveryOtherByte) {
    const std::string_view bytes("\0\xff\x01 x\n\0", 7);
    EXPECT_EQ(split_in_pieces(bytes, 3), (Lines{std::string("\0\xff\x01 x", 5), std::string("\0", 1)}));
}

TEST(LineSplitter, CutsLongLinesAndGoesOnAfterThem) {
    for (const std::size_t piece : {1000UL, 65536UL, 1UL << 20}) {
        const std::string exact(max_line, 'e');
        const Lines lines = split_in_pieces(exact + "\n" + std::string(3 * max_line, 'x') + "\nafter\n", piece);
        EXPECT_EQ(lines, (Lines{exact, std::string(max_line, 'x'), "after"})) << piece;
    }
}

}  // namespace
}  // namespace atelier::process
