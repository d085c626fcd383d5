// `atelier run` and `atelier job resume`: a job is brought to its end, by a farm of this process, or by the one that
// owns the data folder for as long as it is there.
#include <fmt/format.h>

#include <optional>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/follow.h"
#include "cli/interrupts.h"
#include "cli/jobs.h"
#include "cli/local_desk.h"
#include "cli/local_farm.h"
#include "cli/run.h"
#include "cli/submit.h"

namespace atelier::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_interval{100};
constexpr milliseconds start_interval{5};

std::unique_ptr<LocalFarm> try_local_farm(const farm::Layout& layout, int slots) {
    try {
        return std::make_unique<LocalFarm>(layout, slots);
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::unavailable) return nullptr;  // somebody else owns it
        throw;
    }
}

// Follows the job while a farm works on it: a server, the owner of the data folder, or, where there is none, a farm of
// our own. What is seen of Ctrl-C and SIGTERM is carried out.
class Run {
public:
    Run(Desk& desk, int slots, Output& output) : desk_(desk), home_(desk.local()), slots_(slots), output_(output) {
        // One that was started a moment ago owns the folder before its tables are there.
        while (home_ && !(local_ = try_local_farm(home_->layout(), slots_)) && !home_->has_tables())
            std::this_thread::sleep_for(start_interval);
    }

    json::Value ask(const std::string& verb, const json::Object& body) {
        if (!home_) return desk_.ask(verb, body);
        for (;;) {
            if (local_) return local_->farm().perform(verb, body);
            if (auto answer = home_->ask_owner(verb, body)) return *answer;
            local_ = try_local_farm(home_->layout(), slots_);
        }
    }

    json::Value ask(const std::string& verb, const std::string& job) {
        json::Object body;
        body["job"] = job;
        return ask(verb, body);
    }

    Desk::Submitted submit(const wire::Submission& submission) {
        if (!home_) return desk_.submit(submission);
        if (const auto begun = farm::unfinished_job_like(home_->reader(), submission)) {
            ask("resume", *begun);
            return {*begun, true};
        }
        json::Object body;
        body["submission"] = json::parse(wire::to_json(submission));
        return {std::string(ask("submit", body).as_string()), false};
    }

    Conclusion to_the_end(const std::string& job) {
        Follower follower(job, desk_, output_);
        Interrupts interrupts;
        bool stopping = false;
        std::uint64_t seen = 0;
        while (!follower.look()) {
            if (interrupts.wish() == Wish::leave) return leave(job, follower);
            if (interrupts.wish() == Wish::stop_job && !std::exchange(stopping, true)) {
                follower.say("stopping the job; Ctrl-C again leaves at once");
                ask("cancel", job);
                continue;
            }
            if (local_)
                seen = local_->farm().wait_for_change(seen, look_interval);
            else
                follow_others();
        }
        if (local_) local_->finish();
        return conclude(follower.job());
    }

private:
    void follow_others() {
        std::this_thread::sleep_for(look_interval);
        if (home_ && !home_->has_owner()) local_ = try_local_farm(home_->layout(), slots_);
    }

    Conclusion leave(const std::string& job, Follower& follower) {
        if (local_) local_->interrupt();
        follower.say(home_ ? fmt::format("interrupted; `atelier job resume {}` goes on", job)
                           : fmt::format("the server goes on with it; `atelier job watch {}` follows it again", job));
        return {interrupted, {}};
    }

    Conclusion conclude(const farm::JobSummary& job) {
        bring_outputs(job.id);  // also of a job that failed: what is done is done
        if (!output_.wants_json) tell_outcome(job, desk_, output_);
        return {exit_status_of(job.state), to_json(job, desk_.steps(job.id))};
    }

    // What an isolated job made lies in the store; its outgoing folders are where the person wants it.
    void bring_outputs(const std::string& job) {
        const wire::Submission submission = desk_.submission(job);
        if (!submission.settings.isolate) return;
        const auto order = wire::make_order(submission, 0);
        for (const farm::Artifact& artifact : desk_.artifacts(job)) {
            const job::Parameter* parameter = order->job->parameter(artifact.output.parameter);
            if (parameter == nullptr) continue;
            const std::filesystem::path place = parameter->value;
            const bool is_file = parameter->object_type == job::ObjectType::file;
            desk_.fetch(job, artifact.output, is_file ? place.parent_path() : place);
        }
    }

    Desk& desk_;
    LocalDesk* home_;  // nothing for a server
    int slots_;
    Output& output_;
    std::unique_ptr<LocalFarm> local_;
};

Conclusion describe_job(const wire::Submission& submission, Output& output) {
    const auto order = wire::make_order(submission, 0);
    json::Object object;
    object["name"] = order->job->name;
    json::Array steps;
    output.say("job " + order->job->name);
    for (const job::Step& step : order->job->steps) {
        std::vector<std::string> needs;
        for (const std::size_t number : step.dependencies)
            needs.push_back(order->job->steps[number].name);
        output.say(fmt::format("  step {}: {} task{}{}", step.name, step.space.size(),
                               step.space.size() == 1 ? "" : "s",
                               needs.empty() ? "" : ", after " + join(needs, " and ")));
        json::Object item;
        item["name"] = step.name;
        item["tasks"] = step.space.size();
        item["after"] = json::Array(needs.begin(), needs.end());
        steps.push_back(item);
    }
    for (const job::Parameter& parameter : order->job->parameters)
        output.say(fmt::format("  {} = {}", parameter.name, parameter.value));
    object["steps"] = steps;
    object["submission"] = json::parse(wire::to_json(submission));
    return {done, object};
}

int tell(const Conclusion& conclusion, Output& output) {
    if (!conclusion.told.is_null()) output.json(conclusion.told);
    return conclusion.status;
}

}  // namespace

int run(const RunRequest& request, Output& output) {
    const RunOptions options{request.workers, request.in_place, request.dry_run, {}};
    return tell(bring_to_end(make_submission(request), options, output), output);
}

Conclusion bring_to_end(wire::Submission submission, const RunOptions& options, Output& output) {
    wire::make_order(submission, 0);  // refused here, with every problem, before anything is touched
    if (options.dry_run) return describe_job(submission, output);

    const auto desk = Desk::open();
    if (LocalDesk* home = desk->local())
        home->layout().create();
    else
        submission.settings.isolate = !options.in_place;  // who knows what its workers see
    if (submission.settings.isolate) desk->store_inputs(submission, options.only);
    Run run(*desk, options.workers, output);
    const Desk::Submitted submitted = run.submit(submission);
    if (submitted.was_begun)
        output.say(fmt::format("going on with job {}, which the same command began", submitted.job));
    else if (!output.terminal())
        output.say("job " + submitted.job + " submitted");
    return run.to_the_end(submitted.job);
}

int resume_job(const ResumeRequest& request, Output& output) {
    const auto desk = Desk::open();
    const std::string job = desk->job(request.id);
    Run run(*desk, request.workers, output);
    run.ask("resume", job);
    return tell(run.to_the_end(job), output);
}

int watch_job(const JobRequest& request, Output& output) {
    const auto desk = Desk::open();
    const std::string job = desk->job(request.id);
    Follower follower(job, *desk, output);
    while (!follower.look())
        std::this_thread::sleep_for(look_interval);
    if (output.wants_json)
        output.json(to_json(follower.job(), desk->steps(job)));
    else
        tell_outcome(follower.job(), *desk, output);
    return exit_status_of(follower.job().state);
}

}  // namespace atelier::cli
