#include "session/session.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "session/action_runner.h"
#include "session/embedded_files.h"
#include "session/sandbox.h"
#include "session/session_folder.h"
#include "session/symbols.h"
#include "session/variables.h"

namespace atelier::session {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds default_notify_of_run{120};
constexpr seconds default_notify_of_environment{30};
constexpr seconds default_timeout_of_exit{300};
constexpr std::int64_t longest_timeout_seconds =
    1'000'000'000;  // more is the same, and this can be counted in nanoseconds

bool has_extension(const job::Job& job, std::string_view name) {
    return std::find(job.extensions.begin(), job.extensions.end(), name) != job.extensions.end();
}

ActionResult failure(Outcome outcome, std::string reason) {
    ActionResult result;
    result.outcome = outcome;
    result.reason = std::move(reason);
    return result;
}

}  // namespace

class Session::Impl {
public:
    Impl(std::shared_ptr<const job::Job> job, Options options, Listener& listener);
    ~Impl();

    const SessionFolder& folder() const { return folder_; }
    ActionResult enter(std::size_t step);
    ActionResult run(std::size_t step, const job::TaskParameters& parameters, const TaskContext& context);
    ActionResult leave();
    void cancel(milliseconds at_most);
    bool ended() const { return ended_; }

private:
    struct Entered {
        const job::Environment* environment;
        std::string files_folder;
        VariableLayer variables;
    };

    std::vector<const job::Environment*> wanted_environments(std::size_t step) const;
    ActionResult leave_down_to(std::size_t number);
    ActionResult enter_one(const job::Environment& environment);
    ActionResult exit_last();
    ActionResult run_action(const job::Action& action, const std::vector<job::EmbeddedFile>& files,
                            const std::string& files_folder, const std::string& prefix, job::Symbols symbols,
                            const Variables& more, ActionRequest request);
    ActionResult run_environment_action(Entered& entered, const job::Action& action, ActionRequest request);
    Variables variables_now() const;
    void set_plain_variables(Entered& entered);
    ActionResult at_the_end() const;
    ActionResult guarded(const std::function<ActionResult()>& body);

    std::shared_ptr<const job::Job> job_;
    Options options_;
    SessionFolder folder_;
    std::optional<SessionFolder> private_folder_;  // of the sandbox
    ActionRunner runner_;
    job::Symbols symbols_;
    std::vector<Entered> entered_;
    VariableLayer task_variables_;  // what tasks set for the rest of the session
    std::size_t entered_ever_ = 0;
    bool redacted_variables_;
    std::atomic<bool> ended_ = false;
    std::atomic<bool> canceled_ = false;
};

Session::Impl::Impl(std::shared_ptr<const job::Job> job, Options options, Listener& listener)
    : job_(std::move(job)),
      options_(std::move(options)),
      folder_(options_.parent, options_.keep_folder),
      runner_(folder_, listener),
      redacted_variables_(has_extension(*job_, "REDACTED_ENV_VARS")) {
    const auto rules_file = folder_.write("path_mapping.json", options_.path_mapping.to_json());
    symbols_ = session_symbols(*job_, options_.path_mapping, folder_.path(), rules_file);
    if (!options_.sandbox.enabled) return;
    private_folder_.emplace(options_.parent, false);
    const process::Command like{.argv = {}, .environment = to_texts(options_.variables), .folder = folder_.path()};
    check_sandbox(options_.sandbox, runner_.keeper(), like, *private_folder_);
}

Session::Impl::~Impl() {
    try {
        leave();
    } catch (const std::exception& error) {
        log::warning(std::string("a session was not left in order: ") + error.what());
    }
}

// ---- environments ----------------------------------------------------------------------------------------

std::vector<const job::Environment*> Session::Impl::wanted_environments(std::size_t step) const {
    std::vector<const job::Environment*> wanted;
    for (const job::Environment& environment : job_->environments)
        wanted.push_back(&environment);
    for (const job::Environment& environment : job_->steps.at(step).environments)
        wanted.push_back(&environment);
    return wanted;
}

ActionResult Session::Impl::enter(std::size_t step) {
    if (ended_) return at_the_end();
    const auto wanted = wanted_environments(step);
    std::size_t common = 0;
    while (common < entered_.size() && common < wanted.size() && entered_[common].environment == wanted[common])
        ++common;
    ActionResult result = leave_down_to(common);
    for (std::size_t i = common; i < wanted.size() && result.outcome == Outcome::succeeded; ++i) {
        result = ended_ ? at_the_end() : enter_one(*wanted[i]);
    }
    return result;
}

ActionResult Session::Impl::enter_one(const job::Environment& environment) {
    entered_.push_back(
        {.environment = &environment, .files_folder = "files-env" + std::to_string(++entered_ever_), .variables = {}});
    Entered& entered = entered_.back();
    ActionResult result = guarded([&] {
        runner_.tell(LogLevel::info, "Entering the environment " + environment.name);
        set_plain_variables(entered);
        if (!environment.on_enter) return ActionResult{};
        return run_environment_action(entered, *environment.on_enter, {.keep_background = !options_.sandbox.enabled});
    });
    if (result.outcome != Outcome::succeeded) ended_ = true;
    return result;
}

void Session::Impl::set_plain_variables(Entered& entered) {
    job::Symbols symbols = symbols_;
    EmbeddedFiles(entered.environment->files, entered.files_folder, "Env.File.").add_to(symbols, folder_);
    for (const auto& [name, value] : entered.environment->variables)
        if (!entered.variables.set(name, value.resolve(symbols)))
            throw Error(Error::Kind::exhausted,
                        "the variables of the environment " + entered.environment->name + " are too large");
}

ActionResult Session::Impl::run_environment_action(Entered& entered, const job::Action& action, ActionRequest request) {
    request.notify_period = default_notify_of_environment;
    request.variables = &entered.variables;
    return run_action(action, entered.environment->files, entered.files_folder, "Env.File.", symbols_, {}, request);
}

ActionResult Session::Impl::exit_last() {
    Entered& entered = entered_.back();
    const job::Environment& environment = *entered.environment;
    ActionResult result = guarded([&] {
        runner_.tell(LogLevel::info, "Leaving the environment " + environment.name);
        if (!environment.on_exit) return ActionResult{};
        return run_environment_action(entered, *environment.on_exit,
                                      {.timeout = default_timeout_of_exit, .after_the_end = true});
    });
    if (result.outcome != Outcome::succeeded) ended_ = true;
    entered_.pop_back();
    return result;
}

ActionResult Session::Impl::leave_down_to(std::size_t number) {
    ActionResult first;
    while (entered_.size() > number) {
        ActionResult result = exit_last();
        if (first.outcome == Outcome::succeeded) first = std::move(result);
    }
    return first;
}

ActionResult Session::Impl::leave() { return leave_down_to(0); }

// ---- actions ---------------------------------------------------------------------------------------------

ActionResult Session::Impl::run(std::size_t step, const job::TaskParameters& parameters, const TaskContext& context) {
    if (ended_) return at_the_end();
    ActionResult result = guarded([&] {
        const job::Step& what = job_->steps.at(step);
        job::Symbols symbols = symbols_;
        add_task_symbols(symbols, parameters, options_.path_mapping);
        Variables more;
        if (context.checkpoint_folder) {
            std::filesystem::create_directories(*context.checkpoint_folder);
            more["ATELIER_CHECKPOINT_DIR"] = context.checkpoint_folder->string();
        }
        if (context.resume) more["ATELIER_RESUME"] = "1";
        runner_.tell(LogLevel::info, "Running a task of the step " + what.name);
        return run_action(what.on_run, what.files, "files-step" + std::to_string(step + 1), "Task.File.",
                          std::move(symbols), more,
                          {.notify_period = default_notify_of_run, .variables = &task_variables_});
    });
    if (result.outcome != Outcome::succeeded) ended_ = true;
    return result;
}

ActionResult Session::Impl::run_action(const job::Action& action, const std::vector<job::EmbeddedFile>& files,
                                       const std::string& files_folder, const std::string& prefix, job::Symbols symbols,
                                       const Variables& more, ActionRequest request) {
    const EmbeddedFiles embedded(files, files_folder, prefix);
    embedded.add_to(symbols, folder_);
    embedded.write(symbols, folder_);
    Variables variables = variables_now();
    for (const auto& [name, value] : more)
        variables[name] = value;
    request.command = {
        .argv = {action.command.resolve(symbols)}, .environment = to_texts(variables), .folder = folder_.path()};
    for (const job::FormatString& argument : action.args)
        request.command.argv.push_back(argument.resolve(symbols));
    request.mode = action.cancelation.mode;
    if (action.cancelation.notify_period_seconds)
        request.notify_period = seconds(*action.cancelation.notify_period_seconds);
    if (action.timeout_seconds) request.timeout = seconds(std::min(*action.timeout_seconds, longest_timeout_seconds));
    request.redacted_variables = redacted_variables_;
    runner_.tell_command(request.command);
    if (options_.sandbox.enabled) request.command = in_sandbox(options_.sandbox, request.command, *private_folder_);
    return runner_.run(request);
}

Variables Session::Impl::variables_now() const {
    Variables variables = options_.variables;
    for (const Entered& entered : entered_)
        entered.variables.apply_to(variables);
    task_variables_.apply_to(variables);
    return variables;
}

// What goes wrong on our side before or around an action is a failure of the action, told in its words.
ActionResult Session::Impl::guarded(const std::function<ActionResult()>& body) {
    try {
        return body();
    } catch (const Error& error) {
        ActionResult result = failure(Outcome::failed, runner_.shown(error.what()));
        runner_.tell(LogLevel::error, result.reason);
        return result;
    }
}

ActionResult Session::Impl::at_the_end() const {
    if (canceled_) return failure(Outcome::canceled, "the session was canceled");
    return failure(Outcome::failed, "the session is at its end: an action of it failed");
}

void Session::Impl::cancel(milliseconds at_most) {
    canceled_ = true;
    ended_ = true;
    runner_.cancel(at_most);
}

Session::Session(std::shared_ptr<const job::Job> job, Options options, Listener& listener)
    : impl_(std::make_unique<Impl>(std::move(job), std::move(options), listener)) {}
Session::~Session() = default;

const std::filesystem::path& Session::folder() const { return impl_->folder().path(); }
ActionResult Session::enter(std::size_t step) { return impl_->enter(step); }
ActionResult Session::run(std::size_t step, const job::TaskParameters& parameters, const TaskContext& context) {
    return impl_->run(step, parameters, context);
}
ActionResult Session::leave() { return impl_->leave(); }
void Session::cancel(milliseconds at_most) { impl_->cancel(at_most); }
bool Session::ended() const { return impl_->ended(); }

}  // namespace atelier::session
