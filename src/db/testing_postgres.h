// For tests alone: a real PostgreSQL of the test's own, on a free port. It goes away with the test, also when that is
// killed: start() it on a thread that lives as long. Each fresh_url() is an empty database: a schema of its own.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "db/db.h"

namespace atelier::testing_support {

class PostgresServer {
public:
    enum class Sync { off, on };  // on: what is committed survives kill()

    explicit PostgresServer(Sync sync = Sync::off) : sync_(sync) {
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0711));
        run_and_wait({"/bin/cp", "-a", empty_cluster(), data().string()}, false);
        start();
    }
    ~PostgresServer() { end(SIGQUIT); }
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    // One for all tests of a program.
    static PostgresServer& shared() {
        static PostgresServer server;
        return server;
    }

    std::string fresh_url() {
        const std::string schema = "test_" + std::to_string(++schemas_);
        db::open(url())->script("CREATE SCHEMA " + schema);
        return url() + "?options=-csearch_path%3D" + schema;
    }
    std::string url() const { return "postgresql://farm@127.0.0.1:" + std::to_string(port_) + "/postgres"; }

    void start() {
        if (port_ == 0) port_ = free_port();
        pid_ = spawn({program("postgres"), "-D", data().string(), "-p", std::to_string(port_), "-c",
                      "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=60", "-c",
                      sync_ == Sync::on ? "fsync=on" : "fsync=off"},
                     true);
        for (int tries = 0; tries < 600; ++tries) {
            try {
                db::open(url());
                return;
            } catch (const Error&) {
                if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
            }
        }
        throw Error(Error::Kind::unavailable, "PostgreSQL does not start: see " + (folder_.path() / "log").string());
    }
    void stop() { end(SIGINT); }   // as its service is stopped: connections are closed
    void kill() { end(SIGQUIT); }  // as after a crash: nothing is tidied up
    void restart() { stop(), start(); }

private:
    std::filesystem::path data() const { return folder_.path() / "data"; }

    void end(int signal) {
        if (pid_ <= 0) return;
        ::kill(pid_, signal);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

    // An empty cluster is made once and copied: making one costs two seconds.
    static std::string empty_cluster() {
        const std::string folder = "/tmp/atelier-empty-postgres-" + std::to_string(::geteuid());
        const Fd lock = open_file(folder + ".lock", O_RDWR | O_CREAT, 0600);
        ::flock(lock.get(), LOCK_EX);
        if (std::filesystem::exists(folder + "/PG_VERSION")) return folder;
        const std::string half = folder + ".half";
        std::filesystem::remove_all(half);
        run_and_wait(
            {program("initdb"), "-D", half, "-A", "trust", "-U", "farm", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
            true);
        std::filesystem::rename(half, folder);
        return folder;
    }

    static std::string program(const std::string& name) {
        std::string newest;
        for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql"))
            newest = std::max(newest, (version.path() / "bin" / name).string());
        return newest;
    }

    static int free_port() {
        const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size);
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }

    static void run_and_wait(const std::vector<std::string>& words, bool as_postgres) {
        int status = 0;
        ::waitpid(spawn(words, as_postgres), &status, 0);
        if (status != 0) throw Error(Error::Kind::unavailable, words.front() + " failed");
    }

    // PostgreSQL refuses to be run by root. The child ends with the test.
    static pid_t spawn(const std::vector<std::string>& words, bool as_postgres) {
        std::vector<char*> arguments;
        for (const std::string& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        const passwd* const person = ::geteuid() == 0 && as_postgres ? ::getpwnam("postgres") : nullptr;
        const pid_t child = ::fork();
        if (child != 0) return child;
        ::setsid();
        if (person && (::setgroups(0, nullptr) || ::setgid(person->pw_gid) || ::setuid(person->pw_uid))) ::_exit(1);
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
        const int quiet = ::open("/dev/null", O_RDWR);
        for (const int stream : {0, 1, 2})
            ::dup2(quiet, stream);
        ::execv(arguments.front(), arguments.data());
        ::_exit(127);
    }

    const Sync sync_;
    TemporaryFolder folder_{"atelier-postgres-"};
    int port_ = 0;
    pid_t pid_ = -1;
    int schemas_ = 0;
};

}  // namespace atelier::testing_support
