// Where a command meets the farm: looks at jobs, asks for changes, brings inputs and fetches outputs. Behind it is the
// data folder of this machine, or a server: the one that ATELIER_SERVER names, or that serves this data folder now.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "farm/job_list.h"
#include "farm/queries.h"
#include "farm/workers.h"

namespace atelier::cli {

class LocalDesk;

// Which files of an incoming folder a job needs, where it isn't all of them: parameter → paths below the folder.
using InputFiles = std::map<std::string, std::vector<std::string>>;

class Desk {
public:
    virtual ~Desk() = default;
    static std::unique_ptr<Desk> open();

    // Set for the data folder of this machine: who has it may bring a farm of their own.
    virtual LocalDesk* local() { return nullptr; }

    // The whole id of the job that begins so. Throws Error::not_found.
    virtual std::string job(const std::string& beginning) = 0;

    virtual farm::JobPage jobs(const farm::JobFilter& filter) = 0;
    struct Details {
        farm::JobSummary job;
        std::vector<farm::StepSummary> steps;
    };
    virtual Details details(const std::string& job) = 0;
    farm::JobSummary summary(const std::string& job) { return details(job).job; }
    std::vector<farm::StepSummary> steps(const std::string& job) { return details(job).steps; }
    virtual std::vector<farm::AttemptRecord> attempts(const std::string& job, std::optional<std::uint32_t> step,
                                                      std::optional<std::uint64_t> task) = 0;
    virtual std::optional<farm::AttemptRecord> attempt(const wire::AttemptId& id) = 0;
    virtual std::vector<farm::RunningAttempt> running(const std::string& job) = 0;
    virtual std::vector<farm::EventRecord> events(const std::string& job, std::int64_t after, int limit) = 0;
    virtual std::vector<farm::Artifact> artifacts(const std::string& job) = 0;
    virtual wire::Submission submission(const std::string& job) = 0;
    virtual wire::Settings settings(const std::string& job) = 0;
    virtual void read_log(const std::string& job, const std::string& session, std::uint64_t begin, std::uint64_t end,
                          const std::function<void(std::string_view)>& sink) = 0;
    virtual std::vector<farm::WorkerView> workers() = 0;
    virtual bool is_served() = 0;  // a farm works on its jobs now

    // Submits, or goes on with the unfinished job that the same submission began.
    struct Submitted {
        std::string job;
        bool was_begun = false;
    };
    virtual Submitted submit(const wire::Submission& submission) = 0;

    // A verb of the farm on a job, as the table in farm/verbs.cpp names them.
    virtual json::Value ask(const std::string& verb, const json::Object& body) = 0;
    json::Value ask(const std::string& verb, const std::string& job);

    // Stores what the incoming PATH parameters name, for a job that runs isolated.
    virtual void store_inputs(wire::Submission& submission, const InputFiles& only) = 0;
    // Lays an output below a folder of this machine; an older one there is replaced.
    virtual void fetch(const std::string& job, const wire::Output& output, const std::filesystem::path& folder) = 0;
};

}  // namespace atelier::cli
