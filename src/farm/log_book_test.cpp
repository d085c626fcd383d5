#include "farm/log_book.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"

namespace atelier::farm {
namespace {

std::string read(const TemporaryFolder& folder, std::uint64_t begin = 0, std::uint64_t end = UINT64_MAX) {
    std::string text;
    read_log(folder.path(), "job", "session", begin, end, [&](std::string_view piece) { text += piece; });
    return text;
}

TEST(LogBook, APieceToldTwiceDoesNoHarm) {
    const TemporaryFolder folder;
    LogBook book(folder.path());
    book.write("job", "session", 0, "one\n");
    book.write("job", "session", 4, "two\n");
    book.write("job", "session", 0, "one\n");
    EXPECT_EQ(read(folder), "one\ntwo\n");
    EXPECT_EQ(read(folder, 4, 7), "two");
}

TEST(LogBook, IsCompressedAtItsEndAndReadAllTheSame) {
    const TemporaryFolder folder;
    {
        LogBook book(folder.path());
        book.write("job", "session", 0, "one\ntwo\n");
        book.end("job", "session");
    }
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "job" / "session.log.zst"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "job" / "session.log"));
    EXPECT_EQ(read(folder), "one\ntwo\n");
    EXPECT_EQ(read(folder, 4, 7), "two");
}

TEST(LogBook, AdoptsWhatAKillLeftOpen) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "job");
    write_file_durably(folder.path() / "job" / "session.log", "left\n");
    write_file_durably(folder.path() / "job" / "elsewhere.log", "begun\n");
    {
        LogBook book(folder.path());
        book.adopt([](const std::string& session) { return session == "elsewhere"; });
        EXPECT_TRUE(std::filesystem::exists(folder.path() / "job" / "elsewhere.log"));
        book.write("job", "elsewhere", 6, "ended\n");
        book.end("job", "elsewhere");
        book.end("job", "elsewhere");
    }
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "job" / "elsewhere.log"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "job" / "session.log.zst"));
    EXPECT_EQ(read(folder), "left\n");
}

TEST(LogBook, NothingWasSaidYet) {
    const TemporaryFolder folder;
    EXPECT_EQ(read(folder), "");
    LogBook book(folder.path());
    book.end("job", "never");
    book.remove_job("job");
}

TEST(LogBook, NamesFromOutsideStayInside) {
    const TemporaryFolder folder;
    LogBook book(folder.path());
    EXPECT_THROW(book.write("..", "session", 0, "x"), Error);
    EXPECT_THROW(book.write("job", "../../x", 0, "x"), Error);
    EXPECT_THROW(book.remove_job("/"), Error);
}

}  // namespace
}  // namespace atelier::farm
