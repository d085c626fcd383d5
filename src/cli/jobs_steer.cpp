// `atelier job pause|cancel|retry|archive|delete`: each an ask of the farm.
#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "base/error.h"
#include "cli/desk.h"
#include "cli/exit_status.h"
#include "cli/follow.h"
#include "cli/jobs.h"

namespace atelier::cli {

namespace {

int ask_and_tell(const std::string& verb, const JobRequest& request, const char* told, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    const std::string job = desk.job(request.id);
    desk.ask(verb, job);
    output.say(fmt::format("job {} {}", job, told));
    json::Object object;
    object["id"] = job;
    object["done"] = verb;
    output.json(object);
    return done;
}

}  // namespace

int pause_job(const JobRequest& request, Output& output) {
    return ask_and_tell("pause", request, "is paused: what runs is finished, nothing more is begun", output);
}

int cancel_job(const JobRequest& request, Output& output) {
    return ask_and_tell("cancel", request, "is stopped", output);
}

int archive_job(const JobRequest& request, Output& output) {
    return ask_and_tell("archive", request, "is in the archive; `atelier jobs --all` shows it", output);
}

int delete_job(const JobRequest& request, Output& output) {
    return ask_and_tell("delete", request, "is deleted, with what it alone held in the store", output);
}

int retry_job(const RetryRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    json::Object body;
    body["job"] = desk.job(request.id);
    body["whole"] = !request.failed_only;
    desk.ask("retry", body);
    const ResumeRequest resume{std::string(body["job"].as_string()), request.workers};
    return resume_job(resume, output);
}

int set_priority(const PriorityRequest& request, Output& output) {
    const auto opened = Desk::open();
    Desk& desk = *opened;
    json::Object body;
    body["job"] = desk.job(request.id);
    wire::Settings settings = desk.settings(std::string(body["job"].as_string()));
    settings.priority = request.priority;
    body["settings"] = json::parse(wire::to_json(settings));
    desk.ask("settings", body);
    output.say(fmt::format("job {} has priority {}", std::string(body["job"].as_string()), request.priority));
    output.json(body);
    return done;
}

}  // namespace atelier::cli
