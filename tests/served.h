// The server and its remote workers, as people run them, for the tests of the whole: started, killed and started anew
// on the same port and folders; a job of many tasks, and what must hold when it is done, whatever happened meanwhile.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/client.h"
#include "program.h"

namespace atelier::tests {

// One `atelier serve` without workers of its own. Its folder is `data` below the ground, so that the ground's commands
// find it by themselves.
class Server {
public:
    // more: options of the command. Says where it is only once it serves.
    explicit Server(const Ground& ground, std::vector<std::string> more = {});

    void start();  // at the same address as before
    void kill();   // as by a crash
    void stop();   // as a person stops it; it must end well
    void signal(int number) { process_->signal(number); }
    bool runs() { return process_ && !process_->ended(); }
    const std::string& url() const { return url_; }
    std::string said() const { return process_ ? process_->out() + process_->err() : ""; }
    http::Client& client() { return *client_; }

    std::map<std::string, std::string> variables;

private:
    const Ground& ground_;
    std::vector<std::string> command_;
    std::string url_;
    std::unique_ptr<Running> process_;
    std::unique_ptr<http::Client> client_;
};

// One `atelier worker` with a folder of its own below the ground, which stays the same over its restarts.
class RemoteWorker {
public:
    // more: options of the command. before: words before it, as of a program that starts it elsewhere.
    RemoteWorker(const Ground& ground, std::string name, const std::string& url, std::vector<std::string> more = {},
                 std::vector<std::string> before = {});

    void start();
    void kill();
    Ended leave();  // drained: its tasks are finished first
    Ended wait() { return process_->wait(); }
    void signal(int number) { process_->signal(number); }
    bool ended() { return process_->ended(); }
    std::string id() const;  // as the farm knows it
    const std::string& name() const { return name_; }
    std::filesystem::path folder() const { return ground_.path(name_); }
    std::string said() const { return process_->out() + process_->err(); }

private:
    const Ground& ground_;
    const std::string name_;
    std::vector<std::string> command_;
    const std::vector<std::string> before_;
    std::unique_ptr<Running> process_;
};

// A port of 127.0.0.1 that nobody has, below those that the system gives out by itself: it stays free for a server that
// comes back.
int free_port();

// A job whose tasks leave part-N.txt, written in two halves so that a kill can come between. Isolated, as a farm of
// several machines runs it.
struct LongJob {
    int tasks = 100;
    std::string seconds = "0.02";  // that a task takes
    std::string script = {};       // instead of the usual one; it must leave the same
    std::string cancelation = {};  // YAML

    std::string submit(http::Client& client, const Ground& ground) const;  // its id
    static std::string content(int number);
};

// Of the database that the server uses.
class Books {
public:
    explicit Books(const Ground& ground) : url_(ground.layout().database().string()) {}
    explicit Books(std::string url) : url_(std::move(url)) {}

    std::unique_ptr<db::Connection> open() const { return db::open(url_, db::Access::read_only); }
    std::int64_t count(const std::string& sql) const;  // the first column of the first row; 0 when it can't be asked
    std::int64_t done() const { return count("SELECT sum(succeeded) FROM steps"); }
    std::string state(const std::string& job) const;
    ::testing::AssertionResult succeeds(const std::string& job) const;  // soon; if not, what it hangs on

private:
    std::string url_;
};

// The job has ended well: each task succeeded in exactly one attempt, and nothing is held any more.
void expect_each_task_once(const Books& books, const std::string& job, int tasks, int outputs);
inline void expect_each_task_once(const Books& books, const std::string& job, int tasks) {
    expect_each_task_once(books, job, tasks, tasks);
}
// What is downloaded from the server is all of it, once, and right; and the store is sound.
void expect_outputs_right(const Ground& ground, const std::string& job, int tasks);
// No session's folder is left, nor a result that waits.
void expect_worker_clean(const RemoteWorker& worker);

}  // namespace atelier::tests
