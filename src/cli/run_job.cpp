// `atelier run` and `atelier job resume`: a job is brought to its end, by a farm of this process, or by the one that
// owns the data folder for as long as it is there.
#include <fmt/format.h>

#include <optional>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/exit_status.h"
#include "cli/follow.h"
#include "cli/interrupts.h"
#include "cli/jobs.h"
#include "cli/local_farm.h"
#include "cli/run.h"
#include "cli/submit.h"
#include "worker/staging.h"

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

// Follows the job while a farm works on it; what is seen of Ctrl-C and SIGTERM is carried out.
class Run {
public:
    Run(Desk& desk, int slots, Output& output) : desk_(desk), slots_(slots), output_(output) {
        // One that was started a moment ago owns the folder before its tables are there.
        while (!(local_ = try_local_farm(desk_.layout(), slots_)) && !desk_.has_tables())
            std::this_thread::sleep_for(start_interval);
    }

    json::Value ask(const std::string& verb, const json::Object& body) {
        for (;;) {
            if (local_) return local_->farm().perform(verb, body);
            if (auto answer = desk_.ask_owner(verb, body)) return *answer;
            local_ = try_local_farm(desk_.layout(), slots_);
        }
    }

    json::Value ask(const std::string& verb, const std::string& job) {
        json::Object body;
        body["job"] = job;
        return ask(verb, body);
    }

    // The exit status.
    int to_the_end(const std::string& job) {
        Follower follower(job, desk_.reader(), output_);
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
                follow_owner();
        }
        if (local_) local_->finish();
        return conclude(follower.job());
    }

private:
    void follow_owner() {
        std::this_thread::sleep_for(look_interval);
        if (!desk_.has_owner()) local_ = try_local_farm(desk_.layout(), slots_);
    }

    int leave(const std::string& job, Follower& follower) {
        if (local_) local_->interrupt();
        follower.say(fmt::format("interrupted; `atelier job resume {}` goes on", job));
        return interrupted;
    }

    int conclude(const farm::JobSummary& job) {
        if (job.state == farm::JobState::succeeded) bring_outputs(job.id);
        if (output_.wants_json)
            output_.json(to_json(job, farm::steps_of(desk_.reader(), job.id)));
        else
            tell_outcome(job, desk_.reader(), desk_.layout().logs(), output_);
        return exit_status_of(job.state);
    }

    // What an isolated job made lies in the store; its outgoing folders are where the person wants it.
    void bring_outputs(const std::string& job) {
        const wire::Submission submission = farm::submission_of(desk_.reader(), job);
        if (!submission.settings.isolate) return;
        const auto order = wire::make_order(submission, 0);
        const auto blobs = desk_.layout().open_blobs();
        for (const farm::Artifact& artifact : farm::artifacts_of(desk_.reader(), job)) {
            const job::Parameter* parameter = order->job->parameter(artifact.output.parameter);
            if (parameter == nullptr) continue;
            const std::filesystem::path place = parameter->value;
            const bool is_file = parameter->object_type == job::ObjectType::file;
            worker::place_output(artifact.output, is_file ? place.parent_path() : place, *blobs);
        }
    }

    Desk& desk_;
    int slots_;
    Output& output_;
    std::unique_ptr<LocalFarm> local_;
};

int describe_job(const wire::Submission& submission, Output& output) {
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
    output.json(object);
    return done;
}

}  // namespace

int run(const RunRequest& request, Output& output) {
    wire::Submission submission = make_submission(request);
    wire::make_order(submission, 0);  // refused here, with every problem, before anything is touched
    if (request.dry_run) return describe_job(submission, output);

    Desk desk;
    desk.layout().create();
    if (submission.settings.isolate) {
        store::HashCache cache(desk.layout().hashes());
        store_inputs(submission, *desk.layout().open_blobs(), cache);
    }
    Run run(desk, request.workers, output);
    if (const auto unfinished = farm::unfinished_job_like(desk.reader(), submission)) {
        output.say(fmt::format("going on with job {}, which the same command began", *unfinished));
        run.ask("resume", *unfinished);
        return run.to_the_end(*unfinished);
    }
    json::Object body;
    body["submission"] = json::parse(wire::to_json(submission));
    const std::string job(run.ask("submit", body).as_string());
    if (!output.terminal()) output.say("job " + job + " submitted");
    return run.to_the_end(job);
}

int resume_job(const ResumeRequest& request, Output& output) {
    Desk desk;
    const std::string job = desk.job(request.id);
    Run run(desk, request.workers, output);
    run.ask("resume", job);
    return run.to_the_end(job);
}

int watch_job(const JobRequest& request, Output& output) {
    Desk desk;
    const std::string job = desk.job(request.id);
    Follower follower(job, desk.reader(), output);
    while (!follower.look())
        std::this_thread::sleep_for(look_interval);
    if (output.wants_json)
        output.json(to_json(follower.job(), farm::steps_of(desk.reader(), job)));
    else
        tell_outcome(follower.job(), desk.reader(), desk.layout().logs(), output);
    return exit_status_of(follower.job().state);
}

}  // namespace atelier::cli
