// What the database tells of jobs, in JSON: the same for `--json`, for the API and for the command line that reads from
// a server. Only sources that convert include it.
#pragma once

#include "farm/job_list.h"
#include "farm/queries.h"
#include "farm/workers.h"
#include "wire/exchange_json.h"

namespace atelier::farm {

BOOST_DESCRIBE_ENUM(JobState, draft, uploading, ready, running, paused, held_for_approval, succeeded, failed, canceled,
                    archived)
BOOST_DESCRIBE_STRUCT(JobSummary, (),
                      (id, name, owner, state, priority, tags, total_tasks, succeeded, failed, progress, seconds_left,
                       submitted_at, started_at, ended_at, message, first_failure))
BOOST_DESCRIBE_STRUCT(JobPage, (), (jobs, next))
BOOST_DESCRIBE_STRUCT(StepSummary, (), (name, total, succeeded, failed, wall_seconds, cpu_seconds, peak_memory))
BOOST_DESCRIBE_STRUCT(AttemptRecord, (), (id, worker, session, result))
BOOST_DESCRIBE_STRUCT(RunningAttempt, (), (id, worker, session, log_begin))
BOOST_DESCRIBE_STRUCT(Artifact, (), (output, attempt))
BOOST_DESCRIBE_STRUCT(EventRecord, (), (number, at, job, step, task, epoch, kind, detail, owner))
BOOST_DESCRIBE_STRUCT(WorkerSession, (), (job, step, tasks))
BOOST_DESCRIBE_STRUCT(WorkerView, (), (id, name, state, reason, slots, sessions, capabilities, seen_seconds))

}  // namespace atelier::farm
