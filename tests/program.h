// The real program, as people run it, with a data folder of its own: started, stopped, killed at any moment, its output
// and its database looked at. For the tests of the whole.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "farm/layout.h"
#include "farm/queries.h"

namespace atelier::tests {

using std::chrono::milliseconds;
using std::chrono::seconds;

// However slow the machine is: what takes longer than this hangs.
constexpr seconds patience{120};

// Looks again until it is true; false when it never was.
bool eventually(const std::function<bool()>& is_true, milliseconds at_most = patience);

struct Ended {
    int status = -1;  // exit status, or
    int signal = 0;   // what killed it
    std::string out;
    std::string err;
    std::uint64_t peak_memory = 0;  // bytes, of the program or of the largest of what it ran
    std::string all() const { return out + err; }
};

// One run of the program; killed at the end of the scope if it still runs.
class Running {
public:
    // before: words before the program's name, as of one that starts it elsewhere.
    Running(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
            const std::map<std::string, std::string>& variables, const std::vector<std::string>& before = {});
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    Ended wait(milliseconds at_most = patience);  // a run that takes longer is killed, and a failure of the test
    bool ended();
    void signal(int number);
    std::string out() const;
    std::string err() const;

private:
    TemporaryFolder captured_;
    pid_t pid_ = -1;
    std::optional<Ended> ended_;
};

// A folder with a data folder in it, templates, and whatever the tasks make.
class Ground {
public:
    Ground();
    ~Ground();  // nothing that was started here is left running
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    const std::filesystem::path& root() const { return root_.path(); }
    std::filesystem::path path(const std::string& name) const { return root_.path() / name; }
    farm::Layout layout() const { return {path("data")}; }
    std::string write(const std::string& name, const std::string& text) const;  // the file's path
    std::string read(const std::string& name) const;                            // "" when it isn't there
    std::vector<std::string> lines(const std::string& name) const;

    std::unique_ptr<Running> start(const std::vector<std::string>& arguments) const;
    Ended run(const std::vector<std::string>& arguments) const;

    // Of the database as it is now.
    std::unique_ptr<db::Connection> database() const;
    std::int64_t count(const std::string& sql) const;  // the first column of the first row; 0 without a database
    std::string text(const std::string& sql) const;
    std::string job() const;                               // the newest
    std::string state(const std::string& job = "") const;  // of the newest

    // Processes that were started here and still run, as "PID command".
    std::vector<std::string> running() const;

    std::map<std::string, std::string> variables;  // more of them, for the program

private:
    TemporaryFolder root_{"atelier-test-"};
};

// A template whose one step "Work" runs this shell script for N = 1 … tasks. The outgoing folder is {{Param.Out}},
// "out" beside the template. `more` is put into the step, `head` before the steps (YAML, both).
std::string shell_job(const std::string& script, int tasks = 1, const std::string& more = "",
                      const std::string& head = "");

// Lines of a block in YAML.
std::string indented(const std::string& text, int by);

bool is_root();

}  // namespace atelier::tests
