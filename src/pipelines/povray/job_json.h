// The JSON of what a job is asked to be, and of what becomes of it. Only sources that convert include it.
#pragma once

#include "farm/queries_json.h"
#include "pipelines/povray/job_plan.h"
#include "pipelines/povray/job_report.h"
#include "pipelines/povray/pov_jobs.h"
#include "pipelines/povray/work_unit_json.h"

namespace atelier::pipelines::povray {

BOOST_DESCRIBE_STRUCT(JobOptions, (), (name, allow_gaps, trust, max_tries, priority))
BOOST_DESCRIBE_STRUCT(UnitFilm, (), (film, quality, fps, tone))

// What a draft begins with: by whom, and how.
struct DraftHead {
    std::string owner;
    JobOptions options;
    UnitFilm film;
};
BOOST_DESCRIBE_STRUCT(DraftHead, (), (owner, options, film))

BOOST_DESCRIBE_STRUCT(UnitFailure, (), (work_unit_id, reason))
BOOST_DESCRIBE_STRUCT(Statistics::PerFrame, (), (least, median, greatest))
BOOST_DESCRIBE_STRUCT(Statistics, (),
                      (frames, failed, retried, cpu_seconds, wall_seconds, per_frame, frames_by_worker, bytes))
BOOST_DESCRIBE_STRUCT(JobView, (),
                      (job_id, name, owner, state, progress, seconds_left, units, succeeded, failed, message,
                       allow_gaps))
BOOST_DESCRIBE_STRUCT(UnitState, (), (work_unit_id, state, tries, worker, reason))
BOOST_DESCRIBE_STRUCT(Image, (), (name, size, work_unit_id))

}  // namespace atelier::pipelines::povray
