#include "cli/password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::error_of;

// What stands in a file or comes through a pipe.
std::string from_pipe(const std::string& bytes) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const Fd input(ends[0]);
    Fd output(ends[1]);
    std::thread writer([&] {
        write_all(output.get(), bytes, "the pipe");
        output.reset();
    });
    std::ostringstream words;
    std::string password;
    try {
        password = read_password(input.get(), "password", Ask::twice, words);
    } catch (const Error& error) {
        password = std::string("error: ") + error.what();
    }
    writer.join();
    EXPECT_EQ(words.str(), "");
    return password;
}

TEST(Password, IsOneLineWhenNobodySitsThere) {
    EXPECT_EQ(from_pipe("correct horse\n"), "correct horse");
    EXPECT_EQ(from_pipe("correct horse"), "correct horse");
    EXPECT_EQ(from_pipe("  blanks stay \r\nnext\n"), "  blanks stay ");
    EXPECT_EQ(from_pipe("\n"), "");
    EXPECT_THAT(from_pipe(""), HasSubstr("needed"));
    EXPECT_THAT(from_pipe(std::string(10'000, 'x')), HasSubstr("too long"));
}

class AtTheTerminal : public testing::Test {
protected:
    AtTheTerminal() {
        int person = -1, program = -1;
        EXPECT_EQ(::openpty(&person, &program, nullptr, nullptr, nullptr), 0);
        person_.reset(person);
        program_.reset(program);
    }

    bool shows_keys() const {
        termios now{};
        ::tcgetattr(program_.get(), &now);
        return (now.c_lflag & ECHO) != 0;
    }

    void type_unseen(const std::string& keys) {
        while (shows_keys())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        write_all(person_.get(), keys, "the terminal");
    }

    std::string ask(Ask how, const std::vector<std::string>& lines) {
        std::thread typist([&] {
            for (const std::string& line : lines) {
                type_unseen(line);
                while (!shows_keys())
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
        std::string password;
        try {
            password = read_password(program_.get(), "password of ann", how, words_);
        } catch (const Error& error) {
            password = std::string("error: ") + error.what();
        }
        typist.join();
        return password;
    }

    Fd person_, program_;
    std::ostringstream words_;
};

TEST_F(AtTheTerminal, IsAskedForAndNotShown) {
    EXPECT_EQ(ask(Ask::once, {"correct horse\r"}), "correct horse");
    EXPECT_EQ(words_.str(), "password of ann: \n");
    EXPECT_TRUE(shows_keys());
}

TEST_F(AtTheTerminal, KeysThatCorrectAreObeyed) {
    EXPECT_EQ(ask(Ask::once, {"wrong\x15"
                              "horsé\x7f"
                              "eX\b\n"}),
              "horse");
}

TEST_F(AtTheTerminal, CtrlCPutsTheTerminalRight) {
    EXPECT_THAT(ask(Ask::once, {"abc\x03"}), HasSubstr("no password"));
    EXPECT_TRUE(shows_keys());
}

}  // namespace
}  // namespace atelier::cli
