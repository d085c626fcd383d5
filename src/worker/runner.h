// One session of a worker: a thread that stages the job's files, enters the environments, runs the tasks that it is
// given one after another, and leaves. What it does is told to its Desk; the agent carries it to the farm.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "session/session.h"
#include "store/blobs.h"
#include "wire/link.h"
#include "worker/gpu_desk.h"
#include "worker/log_tail.h"
#include "worker/log_writer.h"
#include "worker/outputs.h"
#include "worker/staging.h"
#include "worker/transfer.h"

namespace atelier::worker {

// What the sessions of one worker share.
struct Surroundings {
    wire::FarmLink& link;
    std::shared_ptr<store::Blobs> blobs;
    std::shared_ptr<Transfer> transfer;
    std::filesystem::path sessions;  // their folders are made here
    std::filesystem::path checkpoints;
    std::map<std::string, std::string> variables;  // the base environment
    std::function<void()> has_news;                // wakes the agent: a result is there, or the session is over
    // The outputs of a job that is used in place are watched by all its sessions together.
    std::function<std::shared_ptr<Outputs>(const std::string& job, const wire::JobOrder&, const Stage&)> shared_outputs;
    std::shared_ptr<GpuDesk> gpus;
};

class Checkpoint;

// The newest preview that the farm has already, and the attempt that it belongs to. It outlives the runner: previews
// are delivered in the background.
struct PreviewBox {
    std::mutex mutex;
    wire::AttemptId attempt;
    std::optional<wire::Preview> preview;
};

class Runner final : public session::Listener {
public:
    Runner(Surroundings& surroundings, std::string id, std::string job, std::uint32_t step);
    ~Runner();  // interrupts what runs, waits for its end

    const std::string& id() const { return id_; }

    // All of these from the agent's thread, and interrupt() from any.
    void give(const wire::Assignment& assignment);
    void finish_when_dry();
    void cancel(const wire::AttemptId& attempt, std::chrono::milliseconds at_most, bool by_person);
    void drop(const wire::AttemptId& attempt);          // not ours any more: killed, nothing told
    void interrupt(std::chrono::milliseconds at_most);  // everything; results are INTERRUPTED or NEVER_ATTEMPTED
    void stop(std::chrono::milliseconds at_most);       // the same, and soon no more waiting for the farm
    std::vector<wire::AttemptReport> reports();         // of all that it holds; results stay until answered()
    void answered(const std::vector<wire::AttemptReport>& reports);
    bool is_leaving() const;             // takes nothing more
    bool over() const { return over_; }  // its thread is done; results may still be waiting
    bool is_dry() const;                 // nothing queued behind what runs
    bool has_results() const;

private:
    void loop();
    std::optional<wire::Assignment> next();
    bool run(const wire::Assignment& assignment);  // true when it succeeded
    wire::Result try_task(const wire::Assignment& assignment, Micros started);
    wire::Result result_of(const session::ActionResult& action, Micros started);
    void heed_log(wire::Result& result) const;
    void open_session();
    void take_gpus(std::map<std::string, std::string>& variables);
    bool is_over_before_it_began() const;
    void finish(const wire::Assignment& assignment, wire::Result result);
    void give_up_queue();
    std::optional<store::BlobRef> store_preview(const std::filesystem::path& file);
    void take_outputs(wire::Result& result);
    void keep_while_farm_is_away(wire::Result result);
    std::optional<std::string> keep_checkpoint(Checkpoint& checkpoint);
    bool gives_up_staging();
    bool gives_up_delivery();

    void log(std::string_view line) override;
    void remark(std::string_view line) override;
    void progress(double percent) override;
    void status(std::string_view text) override;
    void metric(std::string_view name, double value) override;
    void preview(std::string_view path) override;
    void tick() override;

    Surroundings& around_;
    const std::string id_;
    const std::string job_;
    const std::uint32_t step_;
    LogWriter log_;
    LogTail tail_;  // of the attempt that runs

    // The runner's own thread alone:
    std::shared_ptr<const wire::JobOrder> order_;
    std::filesystem::path stage_folder_;
    std::vector<std::filesystem::path> writable_;
    GpuDesk::Hold gpus_;
    std::shared_ptr<Outputs> outputs_;  // and the agent's thread, once there are results with outputs
    std::shared_ptr<PreviewBox> previews_ = std::make_shared<PreviewBox>();

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<wire::Assignment> queue_;
    std::optional<wire::AttemptReport> current_;
    std::vector<wire::AttemptReport> done_;
    std::unique_ptr<session::Session> session_;  // made and ended by the thread; canceled by the agent
    bool finish_when_dry_ = false;
    bool interrupted_ = false;
    bool failed_ = false;
    bool canceled_ = false;
    bool canceled_by_person_ = false;
    bool dropped_ = false;
    std::optional<Steady> last_moment_;  // to bring something to the farm
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

}  // namespace atelier::worker
