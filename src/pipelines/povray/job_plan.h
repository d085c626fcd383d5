// What a job of work units is asked to be, and the submission that follows from it: the same for a program's Job and
// for one that is put together over REST. What it needs to know of itself later goes with the job, as its plan.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "wire/submission.h"

namespace atelier::pipelines::povray {

struct JobOptions {
    std::string name = "job";
    bool allow_gaps = false;  // a film also without the frames that failed
    bool trust = false;       // without the sandbox
    int max_tries = 2;
    int priority = 50;
};

// The film that is a step of the job.
struct UnitFilm {
    std::string film = {};  // a codec or container; none; empty: H.264, where the pictures are numbered
    std::string quality = "good";
    std::string fps = "24";
    std::string tone = {};  // how pictures of 16 and 32 bits become a film: standard, filmic
};

constexpr const char* no_film = "none";

void check(const JobOptions& options);  // throws Error::invalid
void check(const UnitFilm& wish);

// Parameters and steps of such a job, and the tag by which jobs are known for one.
constexpr const char* units_parameter = "Units";    // a file, a line a unit
constexpr const char* shared_parameter = "Shared";  // what is shared
constexpr const char* plan_parameter = "Plan";      // the plan
constexpr const char* output_parameter = "Output";  // what the units make
constexpr const char* film_parameter = "Film";      // a folder, with the film alone
constexpr unsigned units_step = 0;
constexpr const char* units_tag = "work-units";

// Where in its folder a job's inputs lie.
constexpr const char* units_file = "units.jsonl";
constexpr const char* shared_folder = "shared";
constexpr const char* plan_file = "plan.json";

struct JobPlan {
    bool allow_gaps = false;
    std::vector<std::string> units;  // their ids, by number
};

std::string to_json(const JobPlan& plan);
JobPlan job_plan_from_json(std::string_view text);

// folder: where the inputs lie, or are said to have lain when they are in the store.
wire::Submission submission_of(const JobOptions& options, const UnitFilm& wish, std::size_t units,
                               const std::filesystem::path& folder);

constexpr const char* shown_folder = "/work-units";  // of those that the server itself has put there

// A film of pictures that are there, as a job of its own.
constexpr const char* frames_parameter = "Frames";
wire::Submission film_submission_of(const JobOptions& options, const UnitFilm& wish,
                                    const std::filesystem::path& folder);

}  // namespace atelier::pipelines::povray
