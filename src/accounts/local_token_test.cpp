#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>
#include <thread>

#include "accounts/accounts.h"
#include "base/files.h"
#include "base/testing.h"

namespace atelier::accounts {
namespace {

namespace fs = std::filesystem;
using atelier::testing_support::error_of;
using testing::HasSubstr;

TEST(LocalToken, IsMadeOnceForItsOwnerAlone) {
    TemporaryFolder folder;
    const std::string secret = local_token(folder.path());
    EXPECT_EQ(local_token(folder.path()), secret);
    EXPECT_EQ(fs::status(folder.path() / "token").permissions(), fs::perms::owner_read | fs::perms::owner_write);
    TemporaryFolder another;
    EXPECT_NE(local_token(another.path()), secret);
}

TEST(LocalToken, IsOneWhenManyMakeIt) {
    TemporaryFolder folder;
    std::vector<std::string> found(8);
    std::vector<std::thread> threads;
    for (std::string& secret : found)
        threads.emplace_back([&] { secret = local_token(folder.path()); });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(std::set(found.begin(), found.end()).size(), 1u);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(LocalToken, IsRefusedWhenOthersCouldReadIt) {
    for (const mode_t mode : {0640u, 0604u, 0620u, 0666u, 0601u}) {
        TemporaryFolder folder;
        local_token(folder.path());
        ::chmod((folder.path() / "token").c_str(), mode);
        const Error error = error_of([&] { local_token(folder.path()); });
        EXPECT_EQ(error.kind(), Error::Kind::denied);
        EXPECT_THAT(error.hint(), HasSubstr("chmod 600"));
    }
}

TEST(LocalToken, IsRefusedWhenItIsBroken) {
    const std::string good(64, 'a');
    for (const std::string& bytes :
         {std::string(), std::string("atl_\n"), good, "atl_" + good + "\nmore", std::string(100'000, 'x')}) {
        TemporaryFolder folder;
        write_file_durably(folder.path() / "token", bytes, 0600);
        EXPECT_THROW(local_token(folder.path()), Error);
    }
    TemporaryFolder folder;
    EXPECT_EQ(error_of([&] { local_token(folder.path() / "missing"); }).kind(), Error::Kind::not_found);
    TemporaryFolder linked;
    fs::create_symlink("/dev/zero", linked.path() / "token");
    EXPECT_THROW(local_token(linked.path()), Error);
    TemporaryFolder piped;
    ASSERT_EQ(::mkfifo((piped.path() / "token").c_str(), 0600), 0);
    EXPECT_EQ(error_of([&] { local_token(piped.path()); }).kind(), Error::Kind::denied);
}

}  // namespace
}  // namespace atelier::accounts
