// Takes scenes from strangers and has them rendered: keeps what is being sent until it was looked at, makes a job of
// the farm of it, and tells of each such job as of a RenderTask. What isn't a job yet lives in this process alone and
// ends with it; everything else is told by the job. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "farm/farm.h"
#include "pipelines/blender/render_job.h"
#include "pipelines/blender/render_task.h"

namespace atelier::pipelines::blender {

// How it is rendered, where that isn't as the scene says.
struct RenderTaskOptions {
    std::string upload;  // the name of what was sent; for a .blend
    std::string blend;   // which .blend of a MultiFile; empty: the one at its top
    RenderRequest request;
    bool sandbox = true;  // workers show Blender nothing but the scene's own files

    // By its name and value, as they come with a request. Throws Error::invalid that names it.
    void set(const std::string& name, const std::string& value);
};

struct RenderTaskOption {
    const char* name;
    const char* type;  // string, integer, boolean
    const char* what;
};

const std::vector<RenderTaskOption>& render_task_options();

struct RenderTaskPage {
    std::vector<RenderTask> tasks;
    std::string next;  // where the next page begins; empty on the last one
};

class TaskScheduler {
public:
    // Removes what earlier processes that are gone have left of uploads.
    explicit TaskScheduler(farm::Farm& farm);
    ~TaskScheduler();

    struct NewTask {
        std::string id;
        std::filesystem::path path;  // where the upload is to be saved
    };
    // Throws Error::exhausted when the owner sends too much at the same time.
    NewTask init_new_task(const std::string& owner = "local");
    // How much of the upload has come. Throws Error::conflict when the task was canceled meanwhile.
    void received(const std::string& id, std::uint64_t bytes, std::optional<std::uint64_t> length);
    // Looks at what was saved, makes the job, and forgets the upload. When it throws, nothing is left of the task.
    void run_task(const std::string& id, const RenderTaskOptions& options = {});
    void forget(const std::string& id);  // one that is no job; fine when there is none

    // Newest first; owner: empty for all.
    RenderTaskPage tasks(const std::string& owner, int limit, const std::string& cursor = {});
    std::optional<RenderTask> task(const std::string& id);  // without its workers
    RenderTask with_workers(RenderTask task);               // asks the one that schedules
    std::optional<RenderTaskRecord> record(const std::string& id);

    // True: it was removed, for it had ended. False: it ends now.
    bool cancel(const RenderTask& task);

private:
    struct Begun;

    std::shared_ptr<Begun> find(const std::string& id);
    wire::Submission submission_of(Begun& begun, const RenderTaskOptions& options);

    farm::Farm& farm_;
    const std::filesystem::path folder_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Begun>> begun_;
};

}  // namespace atelier::pipelines::blender
