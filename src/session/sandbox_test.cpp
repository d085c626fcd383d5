#include "session/sandbox.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/testing.h"
#include "session/testing.h"

namespace atelier::session {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class SandboxTest : public testing::Test {
protected:
    void SetUp() override {
        ATELIER_NEED(std::system("bwrap --ro-bind / / --unshare-pid true >/dev/null 2>&1") == 0,
                     "bubblewrap is missing, or may not be used");
    }
    static void enable(Options& options) { options.sandbox.enabled = true; }
};

// Something that listens on the loopback address; its port.
struct Listening {
    Listening() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(socket.get(), 5);
        socklen_t size = sizeof address;
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
    }
    Fd socket;
    int port = 0;
};

TEST_F(SandboxTest, RunsATaskWithItsFilesAndVariables) {
    TestSession test(R"(
jobEnvironments:
- name: E
  script: {actions: {onEnter: {command: sh, args: [-c, "echo 'openjd_env: FROM=entered'"]}}}
steps:
- name: S
  script:
    embeddedFiles: [{name: Run, type: TEXT, runnable: true, data: "#!/bin/sh\necho \"$BASE $FROM $$ $HOME\"; echo made > file; exit 5"}]
    actions: {onRun: {command: "{{Task.File.Run}}"}}
)",
                     enable);
    const ActionResult result = test.run_step();
    EXPECT_EQ(result.exit_code, 5) << test.heard.all();
    EXPECT_THAT(test.heard.all(), HasSubstr("base entered "));
    EXPECT_THAT(test.heard.all(), HasSubstr(" " + test.session->folder().string()));
    EXPECT_EQ(read_file(test.session->folder() / "file"), "made\n");
}

TEST_F(SandboxTest, LetsNoTaskOut) {
    const TemporaryFolder home("home-");
    std::ofstream(home.path() / "secret") << "hunter2\n";
    const Listening listening;
    const std::string secret = (home.path() / "secret").string();
    TestSession test(shell_step("cat " + secret + "\nls /root /home\necho evil > " + home.path().string() +
                                "/planted\necho evil > /usr/planted\n"
                                "echo evil > /etc/planted && echo etc-written\n"
                                "cat /etc/shadow && echo shadow-seen\n"
                                "python3 -c \"import socket; socket.create_connection(('127.0.0.1', " +
                                std::to_string(listening.port) +
                                "), 2); print('connected')\"\n"
                                "ls /proc | grep -c '^[0-9]*$'\necho private > /tmp/mine && echo tmp-works"),
                     enable);
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    const std::string all = test.heard.all();
    EXPECT_THAT(all, Not(HasSubstr("hunter2")));
    EXPECT_FALSE(test.said("shadow-seen"));
    EXPECT_FALSE(test.said("etc-written")) << "to write where nothing is kept is an error";
    EXPECT_FALSE(test.said("connected")) << all;
    EXPECT_TRUE(test.said("tmp-works")) << all;
    EXPECT_FALSE(fs::exists(home.path() / "planted"));
    EXPECT_FALSE(fs::exists("/usr/planted"));
    EXPECT_FALSE(fs::exists("/etc/planted"));
    EXPECT_FALSE(fs::exists("/tmp/mine"));
}

TEST_F(SandboxTest, OpensWhatIsListed) {
    const TemporaryFolder inputs("inputs-");
    const TemporaryFolder outputs("outputs-");
    fs::create_directory(inputs.path() / "inner");
    std::ofstream(inputs.path() / "scene") << "a scene\n";
    const Listening listening;
    TestSession test(
        shell_step("cat " + (inputs.path() / "scene").string() + "\necho x > " + (inputs.path() / "scene").string() +
                   "\necho y > " + (inputs.path() / "inner/made").string() + "\necho z > " +
                   (outputs.path() / "made").string() +
                   "\npython3 -c \"import socket; socket.create_connection(('127.0.0.1', " +
                   std::to_string(listening.port) + "), 2); print('connected')\""),
        [&](Options& options) {
            options.sandbox = {.enabled = true,
                               .network = true,
                               .readable = {inputs.path()},
                               .writable = {outputs.path(), inputs.path() / "inner"}};
        });
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded);
    EXPECT_TRUE(test.said("a scene"));
    EXPECT_TRUE(test.said("connected")) << test.heard.all();
    EXPECT_EQ(read_file(inputs.path() / "scene"), "a scene\n");
    EXPECT_EQ(read_file(inputs.path() / "inner/made"), "y\n");
    EXPECT_EQ(read_file(outputs.path() / "made"), "z\n");
}

TEST_F(SandboxTest, TellsATaskBeforeItIsKilled) {
    TestSession test(shell_step("trap 'echo told; exit 0' TERM\necho ready\nwhile :; do sleep 0.02; done",
                                "        cancelation: {mode: NOTIFY_THEN_TERMINATE}\n"),
                     enable);
    test.heard.on_line = [&](std::string_view line) {
        if (line == "ready") test.session->cancel(std::chrono::seconds(60));
    };
    EXPECT_EQ(test.run_step().outcome, Outcome::canceled);
    EXPECT_TRUE(test.said("told"));
}

// What a task puts into its environment must not reach the programs that build the walls.
TEST_F(SandboxTest, IsNotBrokenByVariables) {
    const TemporaryFolder outside("outside-");
    TestSession test(
        R"(
jobEnvironments:
- name: E
  variables: {LD_PRELOAD: /no/such/library.so, BASH_ENV: /x, ENV: /x}
  script:
    actions:
      onEnter: {command: sh, args: [-c, "mkdir bin; printf '#!/bin/sh\\ntouch )" +
            outside.path().string() +
            R"(/escaped\\nexec /usr/bin/bwrap \"$@\"' > bin/bwrap; chmod +x bin/bwrap; echo \"openjd_env: PATH=$PWD/bin:$PATH\""]}
steps: [{name: S, script: {actions: {onRun: {command: sh, args: [-c, "echo $PATH"]}}}}]
)",
        enable);
    EXPECT_EQ(test.run_step().outcome, Outcome::succeeded) << test.heard.all();
    EXPECT_TRUE(test.said(test.session->folder().string() + "/bin:/usr/bin:/bin")) << test.heard.all();
    EXPECT_FALSE(fs::exists(outside.path() / "escaped"));
}

TEST_F(SandboxTest, SaysSoWhenItCannotBeMade) {
    try {
        TestSession test(shell_step("true"), [](Options& options) {
            options.sandbox = {.enabled = true, .network = false, .readable = {"/no/such/folder"}, .writable = {}};
        });
        FAIL() << "it was made";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::unavailable);
        EXPECT_THAT(error.what(), HasSubstr("/no/such/folder"));
    }
}

}  // namespace
}  // namespace atelier::session
