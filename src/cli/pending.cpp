// Commands that are described but not built yet.
#include "base/error.h"
#include "cli/jobs.h"
#include "cli/run.h"
#include "cli/store.h"

namespace atelier::cli {

namespace {

[[noreturn]] int not_yet(const char* what) {
    throw Error(Error::Kind::internal, std::string(what) + " can't be done yet");
}

}  // namespace

int run(const RunRequest&, Output&) { not_yet("running a job"); }
int list_jobs(const JobsRequest&, Output&) { not_yet("listing jobs"); }
int show_job(const JobRequest&, Output&) { not_yet("showing a job"); }
int show_logs(const LogsRequest&, Output&) { not_yet("printing logs"); }
int watch_job(const JobRequest&, Output&) { not_yet("watching a job"); }
int pause_job(const JobRequest&, Output&) { not_yet("pausing a job"); }
int resume_job(const ResumeRequest&, Output&) { not_yet("resuming a job"); }
int cancel_job(const JobRequest&, Output&) { not_yet("canceling a job"); }
int retry_job(const RetryRequest&, Output&) { not_yet("retrying a job"); }
int list_outputs(const JobRequest&, Output&) { not_yet("listing outputs"); }
int download_outputs(const DownloadRequest&, Output&) { not_yet("downloading outputs"); }
int archive_job(const JobRequest&, Output&) { not_yet("archiving a job"); }
int delete_job(const JobRequest&, Output&) { not_yet("deleting a job"); }
int explain(const JobRequest&, Output&) { not_yet("explaining a wait"); }
int check_store(Output&) { not_yet("checking the store"); }
int collect_garbage(bool, Output&) { not_yet("cleaning up the store"); }
int show_usage(Output&) { not_yet("measuring the store"); }

}  // namespace atelier::cli
