#include "session/action_runner.h"

#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"

namespace atelier::session {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t longest_told_command = 2000;

std::string command_text(const std::vector<std::string>& argv) {
    std::vector<std::string> words;
    for (const std::string& word : argv)
        words.push_back(shell_quote(word));
    std::string text = without_declared_secrets(join(words, " "));
    for (char& c : text)
        if (c == '\n' || c == '\r') c = ' ';
    if (text.size() > longest_told_command) text.replace(longest_told_command, std::string::npos, " …");
    return text;
}

std::string seconds_text(milliseconds time) { return format_duration(std::chrono::duration<double>(time).count()); }

}  // namespace

void ActionRunner::tell(LogLevel level, const std::string& text) {
    if (level < level_) return;
    try {
        listener_.remark(shown(text));
    } catch (const Error&) {  // a full disk must not keep an environment from being left
    }
}

void ActionRunner::tell_command(const process::Command& command) {
    tell(LogLevel::info, "Running command: " + command_text(command.argv));
}

std::string ActionRunner::shown(std::string_view bytes, bool cut) const {
    return printable(redactor_.apply(bytes, cut));
}

// ---- one action ------------------------------------------------------------------------------------------

ActionResult ActionRunner::run(const ActionRequest& request) {
    request_ = &request;
    cancelation_.emplace(keeper_, folder_);
    started_ = steady_clock::now();
    ending_ = Ending::none;
    told_reason_.clear();
    broken_reason_.clear();
    if (request.after_the_end) forget_cancel();
    ActionResult result;
    try {
        result = result_of(keeper_.run(request.command, *this, request.keep_background));
        tell(LogLevel::error, "The process exited with code: " + std::to_string(*result.exit_code));
    } catch (const Error& error) {  // it couldn't be started, or what hears it gave up
        result.outcome = Outcome::failed;
        result.reason = shown(error.what());
        tell(LogLevel::error, result.reason);
    }
    request_ = nullptr;
    return result;
}

ActionResult ActionRunner::result_of(const process::Exit& exit) const {
    ActionResult result{.exit_code = exit.code, .out_of_memory = exit.out_of_memory, .usage = exit.usage};
    switch (ending_) {
        case Ending::timed_out:
            result.outcome = Outcome::timed_out;
            result.reason = "it took longer than its timeout of " + seconds_text(*request_->timeout);
            break;
        case Ending::canceled:
            result.outcome = Outcome::canceled;
            result.reason = "it was canceled";
            break;
        case Ending::broken_directive:
            result.outcome = Outcome::failed;
            result.reason = shown(broken_reason_);
            break;
        case Ending::none:
            if (exit.code == 0) return result;
            result.outcome = Outcome::failed;
            result.reason = shown(why_it_failed(exit));
    }
    return result;
}

std::string ActionRunner::why_it_failed(const process::Exit& exit) const {
    if (exit.out_of_memory)
        return "the system killed it for lack of memory (it held up to " + format_bytes(exit.usage.peak_memory) + ")";
    if (!told_reason_.empty()) return told_reason_;
    if (exit.signal == 0) return "it exited with code " + std::to_string(exit.code);
    return "it was ended by signal " + std::to_string(exit.signal) + " (" + ::strsignal(exit.signal) + ")";
}

// ---- what it says ----------------------------------------------------------------------------------------

void ActionRunner::line(std::string_view bytes) {
    const bool cut = bytes.size() >= process::max_line;
    const Directive directive = parse_directive(bytes);
    if (!directive.secret.empty() || directive.kind == Directive::Kind::redacted_env) {
        const bool hidden = redactor_.hide(directive.secret) && redactor_.hide(directive.text);
        listener_.log(hidden ? shown(bytes, cut) : std::string(redacted));
        if (!hidden) return fail("more than " + std::to_string(most_secrets) + " secrets were declared");
    } else {
        listener_.log(shown(bytes, cut));
    }
    if (directive.kind != Directive::Kind::none) follow(directive);
}

void ActionRunner::follow(const Directive& directive) {
    using Kind = Directive::Kind;
    const bool about_variables = directive.kind == Kind::env || directive.kind == Kind::unset_env;
    if (!directive.broken.empty()) {
        if (about_variables) fail("a directive can't be followed: " + directive.broken);
        return;
    }
    switch (directive.kind) {
        case Kind::progress: return listener_.progress(directive.number);
        case Kind::status: return listener_.status(shown(directive.text));
        case Kind::fail: told_reason_ = directive.text; return;
        case Kind::env:
        case Kind::unset_env:
        case Kind::redacted_env: return change_variables(directive);
        case Kind::log_level: level_ = directive.level; return;
        case Kind::metric: return listener_.metric(shown(directive.name), directive.number);
        case Kind::preview: break;
        case Kind::none: return;
    }
    try {
        const bool absolute = directive.text.starts_with('/');
        if (!absolute) check_relative_path(directive.text);
        listener_.preview(shown(absolute ? directive.text : (folder_.path() / directive.text).string()));
    } catch (const Error& error) {
        tell(LogLevel::warning, std::string("no preview: ") + error.what());
    }
}

void ActionRunner::change_variables(const Directive& directive) {
    if (directive.kind == Directive::Kind::redacted_env && !request_->redacted_variables)
        return tell(LogLevel::warning,
                    "openjd_redacted_env sets no variable: the job doesn't ask for REDACTED_ENV_VARS");
    const bool fits = directive.kind == Directive::Kind::unset_env
                          ? request_->variables->unset(directive.name)
                          : request_->variables->set(directive.name, directive.text);
    if (!fits) fail("its variables take more than " + format_bytes(largest_layer));
}

void ActionRunner::fail(const std::string& why) {
    if (broken_reason_.empty()) broken_reason_ = why;
    tell(LogLevel::error, why);
    if (ending_ == Ending::none) end_because(Ending::broken_directive);
}

// ---- its end ---------------------------------------------------------------------------------------------

void ActionRunner::tick() {
    const std::optional<milliseconds> at_most = forget_cancel();
    if (at_most) {
        end_because(Ending::canceled, at_most);
    } else if (ending_ == Ending::none && request_->timeout && steady_clock::now() - started_ >= *request_->timeout) {
        tell(LogLevel::error, "The timeout of " + seconds_text(*request_->timeout) + " is over");
        end_because(Ending::timed_out);
    }
    cancelation_->tick();
    listener_.tick();
}

void ActionRunner::end_because(Ending ending, std::optional<milliseconds> at_most) {
    if (ending_ == Ending::none) ending_ = ending;
    cancelation_->begin(request_->mode, std::min(request_->notify_period, at_most.value_or(request_->notify_period)));
}

std::optional<milliseconds> ActionRunner::forget_cancel() {
    const std::lock_guard lock(canceling_);
    return std::exchange(cancel_at_most_, std::nullopt);
}

// It stays until an action takes it: one that is about to start is canceled as one that runs.
void ActionRunner::cancel(milliseconds at_most) {
    const std::lock_guard lock(canceling_);
    cancel_at_most_ = std::min(at_most, cancel_at_most_.value_or(at_most));
    keeper_.wake();
}

}  // namespace atelier::session
