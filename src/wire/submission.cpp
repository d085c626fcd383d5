#include "wire/submission.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/json_struct.h"
#include "wire/log_rules.h"
#include "wire/submission_json.h"

namespace atelier::wire {

namespace {

constexpr int most_tags = 32;
constexpr std::size_t longest_tag = 64;

job::Source source_of(const Document& document) {
    return {document.text, document.syntax == "json" ? job::Syntax::json : job::Syntax::yaml, document.name};
}

void check_range(const char* name, int value, int least, int most) {
    if (value < least || value > most)
        throw Error(Error::Kind::invalid,
                    fmt::format("{} must be between {} and {}, not {}", name, least, most, value));
}

}  // namespace

std::string to_json(const Submission& submission) { return json::text(json::write(submission)); }
Submission submission_from_json(std::string_view text) { return json::read<Submission>(json::parse(text)); }
std::string to_json(const Settings& settings) { return json::text(json::write(settings)); }
Settings settings_from_json(std::string_view text) { return json::read<Settings>(json::parse(text)); }

void check(const Settings& settings) {
    constexpr int many = 1'000'000;
    check_range("the priority", settings.priority, 0, 100);
    check_range("the number of tries", settings.max_tries, 1, 100);
    check_range("the number of failed tasks", settings.max_failed_tasks, 1, many);
    if (settings.max_concurrency) check_range("the concurrency", *settings.max_concurrency, 1, many);
    if (settings.tags.size() > most_tags) throw Error(Error::Kind::invalid, "a job may have 32 tags at most");
    check_log_rules(settings.log_rules);
    for (const std::string& tag : settings.tags)
        if (tag.empty() || tag.size() > longest_tag || tag.find_first_of(",\n\t ") != std::string::npos)
            throw Error(Error::Kind::invalid, "a tag is 1 to 64 characters without blanks and commas: \"" + tag + "\"");
}

std::string digest_of(const Submission& submission) {
    Submission ask = submission;
    ask.settings = {};
    ask.inputs.clear();
    return sha256(json::canonical(json::write(ask))).hex();
}

std::shared_ptr<const JobOrder> make_order(const Submission& submission, Micros submitted_at) {
    std::vector<job::EnvironmentTemplate> environments;
    for (const Document& document : submission.environments)
        environments.push_back(job::parse_environment_template(source_of(document)));
    const job::Values values{submission.values, submission.template_folder, submission.current_folder};
    job::Job made = job::create_job(job::parse_job_template(source_of(submission.job_template)), environments, values);
    if (!submission.name.empty()) made.name = submission.name;
    auto order = std::make_shared<JobOrder>();
    order->job = std::make_shared<const job::Job>(std::move(made));
    order->sessioning = {submission.settings.isolate, submission.settings.sandbox, submission.settings.network};
    order->log_rules = submission.settings.log_rules;
    order->inputs = submission.inputs;
    order->submitted_at = submitted_at;
    return order;
}

}  // namespace atelier::wire
