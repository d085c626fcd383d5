// The jobs that are simulated: steps that depend on each other, tasks of many lengths, needs, priorities and limits.
#pragma once

#include "simulate/chance.h"
#include "simulate/options.h"
#include "wire/exchange.h"
#include "wire/submission.h"

namespace atelier::simulate {

// Job `number` of a mixed load that sums up to the options' tasks.
wire::Submission mixed_job(const Options& options, int number, Chance& chance);

// One step, no limits: for measuring.
wire::Submission plain_job(std::uint64_t tasks);

// More tasks than can be done, all alike: with one such job every owner always has work.
wire::Submission endless_job();

// Seconds that a task takes, and how it ends; the same each time it is asked but for the chance of a failure.
double seconds_of(const std::string& job_name, const wire::AttemptId& attempt);
double seconds_around(double mean, const wire::AttemptId& attempt);  // half to one and a half of it
wire::ResultClass outcome_of(const std::string& worker, const wire::AttemptId& attempt, Chance& chance);

wire::Capabilities machine(int number, int slots);

}  // namespace atelier::simulate
