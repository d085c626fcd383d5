// Runs one action to its end: starts it, hears what it says, follows its directives, ends it when its time is over or
// somebody cancels, and says in words how it went. Owned by a session; cancel() alone may come from another thread.
#pragma once

#include <mutex>
#include <optional>

#include "job/model.h"
#include "process/keeper.h"
#include "session/cancelation.h"
#include "session/directives.h"
#include "session/redaction.h"
#include "session/session.h"
#include "session/session_folder.h"
#include "session/variables.h"

namespace atelier::session {

struct ActionRequest {
    process::Command command = {};
    job::CancelationMode mode = job::CancelationMode::terminate;
    std::chrono::milliseconds notify_period{0};
    std::optional<std::chrono::milliseconds> timeout = {};
    bool keep_background = false;
    bool after_the_end = false;          // an onExit: it runs though the session was canceled before
    VariableLayer* variables = nullptr;  // where its openjd_env lines go
    bool redacted_variables = false;     // an openjd_redacted_env sets a variable, too
};

class ActionRunner : private process::Watcher {
public:
    ActionRunner(const SessionFolder& folder, Listener& listener) : folder_(folder), listener_(listener) {}

    ActionResult run(const ActionRequest& request);
    void cancel(std::chrono::milliseconds at_most);

    // A line of the session's own. Errors and the ends of actions are always told.
    void tell(LogLevel level, const std::string& text);
    void tell_command(const process::Command& command);

    std::string shown(std::string_view bytes, bool cut = false) const;  // redacted and printable
    process::Keeper& keeper() { return keeper_; }

private:
    enum class Ending { none, timed_out, canceled, broken_directive };

    void line(std::string_view bytes) override;
    void tick() override;
    void follow(const Directive& directive);
    void change_variables(const Directive& directive);
    void end_because(Ending ending, std::optional<std::chrono::milliseconds> at_most = {});
    void fail(const std::string& why);
    std::optional<std::chrono::milliseconds> forget_cancel();
    ActionResult result_of(const process::Exit& exit) const;
    std::string why_it_failed(const process::Exit& exit) const;

    const SessionFolder& folder_;
    Listener& listener_;
    process::Keeper keeper_;
    Redactor redactor_;
    LogLevel level_ = LogLevel::info;

    const ActionRequest* request_ = nullptr;  // while it runs
    std::optional<Cancelation> cancelation_;
    std::chrono::steady_clock::time_point started_;
    Ending ending_ = Ending::none;
    std::string told_reason_;    // openjd_fail
    std::string broken_reason_;  // the first directive that couldn't be followed

    std::mutex canceling_;
    std::optional<std::chrono::milliseconds> cancel_at_most_;
};

}  // namespace atelier::session
