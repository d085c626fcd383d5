// The exchange in JSON, as it goes over HTTP. Only sources that convert include it.
#pragma once

#include <boost/describe.hpp>

#include "wire/exchange.h"

namespace atelier::wire {

BOOST_DESCRIBE_ENUM(ResultClass, succeeded, failed_app, failed_resource, failed_licence, timeout, stalled, interrupted,
                    canceled, never_attempted, lost_fenced, failed_job)
BOOST_DESCRIBE_ENUM(Phase, queued, running, committing)
BOOST_DESCRIBE_STRUCT(Gpu, (), (uuid, model, memory_mib))
BOOST_DESCRIBE_STRUCT(Capabilities, (), (amounts, attributes, gpus))
BOOST_DESCRIBE_STRUCT(AttemptId, (), (job, step, task, epoch))
BOOST_DESCRIBE_STRUCT(Usage, (), (wall_seconds, cpu_seconds, peak_memory, bytes_read, bytes_written))
BOOST_DESCRIBE_STRUCT(Output, (), (parameter, path, digest, size, mode, is_link))
BOOST_DESCRIBE_STRUCT(Preview, (), (path, digest, size))
BOOST_DESCRIBE_STRUCT(LogRange, (), (begin, end))
BOOST_DESCRIBE_STRUCT(Result, (), (result, exit_code, reason, usage, started_at, ended_at, log, outputs, checkpoint))
BOOST_DESCRIBE_STRUCT(AttemptReport, (),
                      (attempt, session, phase, progress, status, log_begin, metrics, preview, result))
BOOST_DESCRIBE_STRUCT(ExchangeRequest, (),
                      (worker, name, boot, sequence, protocol, slots, draining, resting, capabilities, sessions,
                       leaving, attempts))
BOOST_DESCRIBE_STRUCT(Assignment, (), (attempt, session, resume, checkpoint))
BOOST_DESCRIBE_STRUCT(Cancel, (), (attempt, at_most_ms, by_person))
BOOST_DESCRIBE_STRUCT(ExchangeReply, (), (sequence, interval_ms, lease_ms, assign, cancel, drop, end_sessions, stop))

}  // namespace atelier::wire
