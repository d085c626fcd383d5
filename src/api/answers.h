// The bodies of requests and answers that the API alone has; the rest are the farm's own structs (farm/queries_json.h).
// Only the sources of routes include it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/schema.h"
#include "farm/queries_json.h"
#include "http/message.h"
#include "wire/submission_json.h"

namespace atelier::api {

struct JobDetails {
    farm::JobSummary job;
    std::vector<farm::StepSummary> steps;
};
BOOST_DESCRIBE_STRUCT(JobDetails, (), (job, steps))

struct RetryBody {
    bool failed_only = true;
};
BOOST_DESCRIBE_STRUCT(RetryBody, (), (failed_only))

struct AttemptPage {
    std::vector<farm::AttemptRecord> attempts;
    std::string next;
};
BOOST_DESCRIBE_STRUCT(AttemptPage, (), (attempts, next))

struct RunningList {
    std::vector<farm::RunningAttempt> running;
};
BOOST_DESCRIBE_STRUCT(RunningList, (), (running))

struct EventList {
    std::vector<farm::EventRecord> events;
};
BOOST_DESCRIBE_STRUCT(EventList, (), (events))

struct OutputPage {
    std::vector<farm::Artifact> outputs;
    std::string next;
};
BOOST_DESCRIBE_STRUCT(OutputPage, (), (outputs, next))

struct Why {
    std::string why;
};
BOOST_DESCRIBE_STRUCT(Why, (), (why))

struct WorkerList {
    std::vector<farm::WorkerView> workers;
};
BOOST_DESCRIBE_STRUCT(WorkerList, (), (workers))

struct OutputList {
    std::vector<wire::Output> outputs;
};
BOOST_DESCRIBE_STRUCT(OutputList, (), (outputs))

struct BlobName {
    std::string digest;
    std::uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(BlobName, (), (digest, size))

struct BlobNames {
    std::vector<BlobName> blobs;
};
BOOST_DESCRIBE_STRUCT(BlobNames, (), (blobs))

struct Missing {
    std::vector<std::string> missing;
};
BOOST_DESCRIBE_STRUCT(Missing, (), (missing))

struct UploadState {
    std::string upload;
    std::uint64_t offset = 0;
    bool present = false;  // nothing to send: the blob is there
    bool done = false;
};
BOOST_DESCRIBE_STRUCT(UploadState, (), (upload, offset, present, done))

template <class T>
http::Response answer(const T& value, int status = 200) {
    return http::Response::json(json::write(value), status);
}

// The body of a request as a struct; an empty body is the struct as it is made.
template <class T>
T body_of(const http::Request& request, T body = {}) {
    if (!request.content.empty()) json::read(request.json(), body);
    return body;
}

}  // namespace atelier::api
