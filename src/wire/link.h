// The worker's side of the farm: the one interface through which a worker in this process and one on another machine
// work.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "job/model.h"
#include "wire/exchange.h"

namespace atelier::wire {

// What a job's settings ask of the sessions in which it runs.
struct Sessioning {
    bool isolate = false;  // inputs are laid into the session, outputs taken from it
    bool sandbox = false;
    bool network = false;  // inside of the sandbox
};

// An input of a job that was put into the store: a PATH parameter and the manifest of what lay there.
using InputManifests = std::map<std::string, std::string>;

// What the last lines of a failed attempt's log tell of its failure.
struct LogRule {
    std::string pattern;  // a regular expression (RE2), looked for in each line
    ResultClass result = ResultClass::failed_app;
};

struct JobOrder {
    std::shared_ptr<const job::Job> job;
    Sessioning sessioning;
    std::vector<LogRule> log_rules;
    InputManifests inputs;
    Micros submitted_at = 0;
};

class FarmLink {
public:
    virtual ~FarmLink() = default;

    // Answers after what the request tells is on the disk. Waits up to `patience` when there is nothing to say.
    virtual ExchangeReply exchange(const ExchangeRequest& request, std::chrono::milliseconds patience) = 0;
    // From any thread: an exchange that waits for work answers now.
    virtual void interrupt() = 0;

    virtual std::shared_ptr<const JobOrder> order(const std::string& job) = 0;

    // What was committed so far: of the whole job, or of the steps that a step depends on.
    virtual std::vector<Output> outputs(const std::string& job, std::optional<std::uint32_t> before_step) = 0;

    // A result whose outputs can't be brought to the farm yet. It is told as all others are, once they are there; this
    // is for a worker that is killed before. forget: the farm doesn't want it any more.
    virtual void keep(const AttemptReport&) {}
    virtual void forget(const std::vector<AttemptId>&) {}

    // Bytes of a session's log; repeating a piece does no harm. end_log: nothing more will come.
    virtual void write_log(const std::string& job, const std::string& session, std::uint64_t offset,
                           std::string_view bytes) = 0;
    virtual void end_log(const std::string& job, const std::string& session) = 0;
};

}  // namespace atelier::wire
