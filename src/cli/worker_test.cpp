#include "cli/worker.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using testing_support::error_of;

class WorkerToken : public ::testing::Test {
protected:
    WorkerToken() {
        variables_ = {{"HOME", folder_.path().string()}};
        request_.server = "https://farm.example:7070";
    }

    std::string token() {
        return worker_token(request_, [this](const char* name) { return variables_[name]; });
    }
    void write(const fs::path& file, const std::string& text, unsigned mode = 0600) {
        fs::create_directories((folder_.path() / file).parent_path());
        write_file_durably(folder_.path() / file, text, mode);
    }

    TemporaryFolder folder_;
    std::map<std::string, std::string> variables_;
    WorkerRequest request_;
};

TEST_F(WorkerToken, TheEnvironmentThenTheFileThenTheConfiguration) {
    write(".config/atelier/token", "of the configuration\n");
    EXPECT_EQ(token(), "of the configuration");
    write("mine", "of the file\n");
    request_.token_file = folder_.path() / "mine";
    EXPECT_EQ(token(), "of the file");
    variables_["ATELIER_TOKEN"] = "of the environment";
    EXPECT_EQ(token(), "of the environment");
}

TEST_F(WorkerToken, AFileThatOthersCanReadIsRefused) {
    write("mine", "secret\n", 0644);
    request_.token_file = folder_.path() / "mine";
    const Error error = error_of([&] { token(); });
    EXPECT_EQ(error.kind(), Error::Kind::denied);
    EXPECT_NE(error.hint().find("chmod 600"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
}

TEST_F(WorkerToken, TheDataFoldersOneIsForThisMachineAlone) {
    write(".local/share/atelier/token", "local\n");
    EXPECT_EQ(error_of([&] { token(); }).kind(), Error::Kind::denied);
    for (const char* server : {"http://127.0.0.1:7070", "http://localhost", "http://[::1]:7070/"}) {
        request_.server = server;
        EXPECT_EQ(token(), "local") << server;
    }
    for (const char* server : {"http://127.0.0.1.evil.example:7070", "http://localhost.evil.example"}) {
        request_.server = server;
        EXPECT_EQ(error_of([&] { token(); }).kind(), Error::Kind::denied) << server;
    }
}

TEST_F(WorkerToken, AnEmptyFileIsNoToken) {
    write("mine", "\n");
    request_.token_file = folder_.path() / "mine";
    EXPECT_EQ(error_of([&] { token(); }).kind(), Error::Kind::invalid);
    request_.token_file = folder_.path() / "nowhere";
    EXPECT_EQ(error_of([&] { token(); }).kind(), Error::Kind::not_found);
}

TEST(Worker, WhatMakesNoSenseIsSaidBeforeAnythingIsMade) {
    std::ostringstream out;
    Output output(out, out, {});
    const TemporaryFolder folder;
    const auto refused = [&](const char* server, const char* cache, const std::vector<std::string>& tags) {
        WorkerRequest request;
        request.server = server;
        request.cache = cache;
        request.tags = tags;
        request.data = folder.path() / "data";
        const Error error = error_of([&] { work(request, output); });
        EXPECT_FALSE(fs::exists(request.data));
        return error.kind();
    };
    EXPECT_EQ(refused("farm.example", "1G", {}), Error::Kind::invalid);
    EXPECT_EQ(refused("https://", "1G", {}), Error::Kind::invalid);
    EXPECT_EQ(refused("http://127.0.0.1:1", "much", {}), Error::Kind::invalid);
    EXPECT_EQ(refused("http://127.0.0.1:1", "1G", {"two words"}), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::cli
