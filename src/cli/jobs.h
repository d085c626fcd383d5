// `atelier jobs`, `atelier job ...` and `atelier why`: jobs looked at and steered. An id may be cut to what is unique.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "cli/output.h"

namespace atelier::cli {

struct JobsRequest {
    bool all = false;   // those in the archive too
    std::string state;  // only those in it
    std::string tag;
    int limit = 50;
};

struct JobRequest {
    std::string id;
};

struct LogsRequest {
    std::string id;
    std::string task;  // else the one that failed first, or the last
    int attempt = 0;   // 0: the last
    bool follow = false;
};

struct ResumeRequest {
    std::string id;
    int workers = 0;  // 0: as many as there are cores
};

struct RetryRequest {
    std::string id;
    bool failed_only = false;
    int workers = 0;
};

struct PriorityRequest {
    std::string id;
    int priority = 50;
};

struct EventsRequest {
    std::string id;
    std::int64_t after = 0;  // the number of the last one that is known already
    int limit = 1000;
};

struct DownloadRequest {
    std::string id;
    std::filesystem::path folder;
};

int list_jobs(const JobsRequest& request, Output& output);
int show_job(const JobRequest& request, Output& output);
int show_logs(const LogsRequest& request, Output& output);
int watch_job(const JobRequest& request, Output& output);
int pause_job(const JobRequest& request, Output& output);
int resume_job(const ResumeRequest& request, Output& output);
int cancel_job(const JobRequest& request, Output& output);
int retry_job(const RetryRequest& request, Output& output);
int set_priority(const PriorityRequest& request, Output& output);
int list_events(const EventsRequest& request, Output& output);
int list_outputs(const JobRequest& request, Output& output);
int download_outputs(const DownloadRequest& request, Output& output);
int archive_job(const JobRequest& request, Output& output);
int delete_job(const JobRequest& request, Output& output);
int explain(const JobRequest& request, Output& output);

}  // namespace atelier::cli
