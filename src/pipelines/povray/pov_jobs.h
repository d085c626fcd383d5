// Jobs of work units that are with the farm, as they are seen over REST: told by the farm's own records alone, so also
// by a server that has just been started, and also of jobs that a program's Job has submitted. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "farm/farm.h"
#include "farm/queries.h"
#include "pipelines/povray/job_plan.h"
#include "pipelines/povray/job_report.h"
#include "pipelines/povray/work_unit.h"

namespace atelier::pipelines::povray {

struct JobView {
    std::string job_id;
    std::string name;
    std::string owner;
    farm::JobState state = farm::JobState::draft;
    double progress = 0;  // percent
    std::optional<double> seconds_left;
    std::uint64_t units = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::string message;
    bool allow_gaps = false;
};

struct UnitState {
    std::string work_unit_id;
    std::string state;  // as those of tasks are called; draft before the job runs
    int tries = 0;
    std::string worker;  // that has it now
    std::string reason;  // of its last failure
};

struct Image {
    std::string name;
    std::uint64_t size = 0;
    std::string work_unit_id;
};

// One that is with the farm.
struct UnitJob {
    farm::JobSummary job;
    std::map<std::string, std::string> inputs;
    std::shared_ptr<const JobPlan> plan;
};

class PovJobs {
public:
    explicit PovJobs(farm::Farm& farm) : farm_(farm) {}

    std::optional<UnitJob> find(const std::string& id);
    struct Page {
        std::vector<JobView> jobs;
        std::string next;
    };
    Page list(const std::string& owner, int limit, const std::string& cursor);

    JobView told(const UnitJob& job);
    std::vector<UnitState> units(const UnitJob& job, std::uint64_t first, std::uint64_t count);
    WorkUnit unit(const UnitJob& job, std::size_t number);
    std::vector<UnitFailure> failures(const UnitJob& job);
    Statistics statistics(const UnitJob& job);
    struct ImagePage {
        std::vector<Image> images;
        std::string next;
    };
    ImagePage images(const UnitJob& job, int limit, const std::string& cursor);
    static std::string image_name(const wire::Output& output);  // empty for what is no image

    // The newest film that was asked for since the job ended, else that of the job itself.
    struct Film {
        std::optional<wire::Output> output;
        farm::JobSummary maker;  // that made it, makes it, or failed to
        std::string why_not;     // it failed
    };
    Film film(const UnitJob& job);
    // Begins to make one of the pictures that are there; the id of the job that does. Throws Error: not_found when
    // there are none.
    std::string make_film(const UnitJob& job, const UnitFilm& wish);

    void retry_failed(const UnitJob& job);
    // True: it had ended, and was removed with the films that were asked for. False: it ends now.
    bool cancel(const UnitJob& job);

private:
    std::shared_ptr<const JobPlan> plan_of(const wire::Submission& submission);
    std::vector<farm::JobSummary> films_of(const UnitJob& job);
    std::vector<farm::AttemptRecord> attempts(const UnitJob& job);

    farm::Farm& farm_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const JobPlan>> plans_;  // by the digest of their manifest
};

}  // namespace atelier::pipelines::povray
