// What is submitted, in JSON. Only sources that convert include it.
#pragma once

#include "wire/exchange_json.h"
#include "wire/submission.h"

namespace atelier::wire {

BOOST_DESCRIBE_STRUCT(LogRule, (), (pattern, result))
BOOST_DESCRIBE_STRUCT(Settings, (),
                      (priority, weight, max_tries, max_failed_tasks, max_concurrency, tags, log_rules, isolate,
                       sandbox, network))
BOOST_DESCRIBE_STRUCT(Document, (), (text, syntax, name))
BOOST_DESCRIBE_STRUCT(Submission, (),
                      (name, job_template, environments, values, template_folder, current_folder, settings, inputs))

// What a worker is told of a job: enough to make the JobOrder from.
struct Order {
    Submission submission;
    Instant submitted_at;
};
BOOST_DESCRIBE_STRUCT(Order, (), (submission, submitted_at))

}  // namespace atelier::wire
