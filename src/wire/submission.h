// What a person submits: a template with its values, and the settings that are ours, which stand beside the template
// and never in it. Kept in the database as it was given; farm and workers make the same Job from it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "job/template.h"
#include "wire/link.h"

namespace atelier::wire {

struct Settings {
    int priority = 50;  // 0 … 100
    double weight = 1;  // of its share among the jobs of its owner
    int max_tries = 3;
    int max_failed_tasks = 20;           // then the job is stopped
    std::optional<int> max_concurrency;  // sessions at the same time
    std::vector<std::string> tags;
    std::vector<LogRule> log_rules;  // the first that matches counts; they stand before those of a pipeline
    bool isolate = false;
    bool sandbox = false;
    bool network = false;
};

struct Document {
    std::string text;
    std::string syntax;  // "json" or "yaml"
    std::string name;
};

struct Submission {
    std::string name;  // instead of the template's own, unless empty
    Document job_template;
    std::vector<Document> environments;
    std::map<std::string, std::string> values;
    std::string template_folder;
    std::string current_folder;
    Settings settings;
    std::map<std::string, std::string> inputs;  // PATH parameter → manifest in the store
};

std::string to_json(const Submission& submission);
Submission submission_from_json(std::string_view text);
std::string to_json(const Settings& settings);
Settings settings_from_json(std::string_view text);
void check(const Settings& settings);  // throws Error::invalid

// The same for the same ask: template, environments, values and name; not for its settings. By it a repeated command
// finds the job that it began.
std::string digest_of(const Submission& submission);

// Parses and checks; throws job::TemplateError.
std::shared_ptr<const JobOrder> make_order(const Submission& submission, Micros submitted_at);

}  // namespace atelier::wire
