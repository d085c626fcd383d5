// A session: a working folder in which a job's environments are entered, tasks are run, and the environments are left.
// It knows Open Job Description and nothing of farms; `atelier openjd run` and the worker both drive it. It belongs to
// one thread, but for cancel().
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "job/model.h"
#include "job/path_mapping.h"
#include "process/keeper.h"

namespace atelier::session {

enum class Outcome { succeeded, failed, timed_out, canceled };

struct ActionResult {
    Outcome outcome = Outcome::succeeded;
    std::optional<int> exit_code;  // nothing when it could not be started
    bool out_of_memory = false;
    std::string reason = {};  // one sentence for people when it didn't succeed; redacted
    process::Usage usage = {};
};

// What is told while an action runs, on the session's thread. All text is printable and redacted already.
struct Listener {
    virtual ~Listener() = default;
    virtual void log(std::string_view line) = 0;               // output of the action
    virtual void remark(std::string_view line) { log(line); }  // what the session itself says of it
    virtual void progress(double percent) { (void)percent; }
    virtual void status(std::string_view text) { (void)text; }
    virtual void metric(std::string_view name, double value) { (void)name, (void)value; }
    virtual void preview(std::string_view path) { (void)path; }
    virtual void tick() {}  // about every 100 ms while an action runs
};

// What runs in a sandbox ends with its action, also what an onEnter leaves in the background.
struct Sandbox {
    bool enabled = false;
    bool network = false;
    std::vector<std::filesystem::path> readable;  // inputs
    std::vector<std::filesystem::path> writable;  // outputs, the checkpoint folder
};

struct Options {
    std::filesystem::path parent;  // the session's folder is made below it
    job::PathMapping path_mapping;
    std::map<std::string, std::string> variables;  // the base environment, complete
    bool keep_folder = false;                      // for looking into what failed
    Sandbox sandbox;
};

// What comes with one task beside its parameters.
struct TaskContext {
    std::optional<std::filesystem::path> checkpoint_folder;  // told as ATELIER_CHECKPOINT_DIR
    bool resume = false;                                     // ATELIER_RESUME=1
};

class Session {
public:
    Session(std::shared_ptr<const job::Job> job, Options options, Listener& listener);
    ~Session();  // leaves what is still entered, kills what still runs, removes the folder

    const std::filesystem::path& folder() const;

    // Enters the job's environments and then the step's, those that aren't entered yet; leaves the former step's first.
    // When one fails the session is at its end: leave() is all that may follow.
    ActionResult enter(std::size_t step);

    ActionResult run(std::size_t step, const job::TaskParameters& parameters, const TaskContext& context = {});

    // Leaves all environments in reverse order; each onExit is run even after a failure. The first failure, if any.
    ActionResult leave();

    // From any thread: cancels the action that runs now by its own method, its notify period cut to `at_most`; called
    // again with less time it gets shorter, with zero it is killed at once. After it the session is at its end.
    void cancel(std::chrono::milliseconds at_most);

    bool ended() const;  // a failure or a cancel: nothing more may be entered or run

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace atelier::session
