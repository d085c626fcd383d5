// What the farm costs by itself: submitting a large job, and leasing tasks to many workers that are only messages.
// Prints one JSON object; bench/run puts it beside its peers.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "base/json.h"
#include "farm/farm.h"

using namespace atelier;

namespace {

constexpr int worker_count = 1000;
constexpr std::uint64_t owner_count = 50;

wire::Submission submission_of(std::uint64_t tasks) {
    wire::Submission made;
    made.job_template = {
        "specificationVersion: jobtemplate-2023-09\nname: Bench\nsteps:\n- name: Work\n  parameterSpace:\n"
        "    taskParameterDefinitions:\n    - {name: N, type: INT, range: \"1-" +
            std::to_string(tasks) + "\"}\n  script: {actions: {onRun: {command: \"true\"}}}\n",
        "yaml", "bench.yaml"};
    made.template_folder = "/";
    made.current_folder = "/";
    return made;
}

std::string owner_of(std::uint64_t job) { return fmt::format("owner-{}", job % owner_count); }

std::uint64_t database_size(const farm::Layout& layout) {
    std::uint64_t bytes = 0;
    for (const char* suffix : {"", "-wal"}) {
        std::error_code none;
        const auto size = std::filesystem::file_size(layout.database().string() + suffix, none);
        if (!none) bytes += size;
    }
    return bytes;
}

json::Object bench_submit() {
    const TemporaryFolder folder;
    farm::Farm farm({{folder.path()}, {}, &system_clock()});
    farm.submit(submission_of(1));  // tables and statements are warm
    const std::uint64_t before = database_size(farm.layout());
    const Steady begun = system_clock().steady();
    farm.submit(submission_of(1'000'000));
    json::Object result;
    result["seconds"] = seconds_between(begun, system_clock().steady());
    result["databaseGrowth"] = database_size(farm.layout()) - before;
    return result;
}

// A worker with one slot: it asks, "works" for `task_seconds`, tells the result and asks again.
struct Worker {
    std::shared_ptr<wire::ExchangeRequest> request = std::make_shared<wire::ExchangeRequest>();
    Steady due{};
    Steady asked{};
};

class Crowd {
public:
    Crowd(farm::Farm& farm, double task_seconds) : farm_(farm), task_seconds_(task_seconds), workers_(worker_count) {
        for (int i = 0; i < worker_count; ++i) {
            auto& request = *workers_[static_cast<std::size_t>(i)].request;
            request.worker = fmt::format("worker-{}", i);
            request.name = request.worker;
            request.boot = "boot";
            request.slots = 1;
            request.capabilities.amounts = {{"amount.worker.vcpu", 1}};
            ready_.push_back(static_cast<std::size_t>(i));
        }
    }

    // As many tasks as are leased are submitted again, in jobs of this size: the queue stays as long as it was.
    json::Object run(double seconds, std::uint64_t tasks_of_a_job) {
        const Steady begun = system_clock().steady();
        const Steady end = begun + in_steady(seconds);
        std::uint64_t fed = 0;
        while (system_clock().steady() < end) {
            send_next(end);
            for (; leases() >= fed + tasks_of_a_job; fed += tasks_of_a_job)
                farm_.submit(submission_of(tasks_of_a_job), owner_of(fed / tasks_of_a_job));
        }
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return outstanding_ == 0; });
        const double taken = seconds_between(begun, system_clock().steady());
        std::sort(latencies_.begin(), latencies_.end());
        const auto at = [&](double part) {
            return latencies_.empty()
                       ? 0.0
                       : latencies_[static_cast<std::size_t>(part * static_cast<double>(latencies_.size() - 1))];
        };
        json::Object result;
        result["leasesPerSecond"] = static_cast<double>(leases_) / taken;
        result["exchangesPerSecond"] = static_cast<double>(latencies_.size()) / taken;
        result["p50ms"] = at(0.5) * 1000;
        result["p99ms"] = at(0.99) * 1000;
        return result;
    }

private:
    std::uint64_t leases() {
        const std::lock_guard lock(mutex_);
        return leases_;
    }

    void send_next(Steady end) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, end, [&] { return !ready_.empty(); });
        if (ready_.empty()) return;
        const std::size_t index = ready_.front();
        ready_.pop_front();
        Worker& worker = workers_[index];
        ++outstanding_;
        lock.unlock();
        std::this_thread::sleep_until(std::min(worker.due, end));
        ++worker.request->sequence;
        worker.asked = system_clock().steady();
        farm_.post_exchange(worker.request, [this, index](std::exception_ptr problem, wire::ExchangeReply reply) {
            if (problem) std::rethrow_exception(problem);
            take(workers_[index], reply);
            const std::lock_guard guard(mutex_);
            latencies_.push_back(seconds_between(workers_[index].asked, system_clock().steady()));
            leases_ += reply.assign.size();
            --outstanding_;
            ready_.push_back(index);
            changed_.notify_all();
        });
    }

    void take(Worker& worker, const wire::ExchangeReply& reply) const {
        auto next = std::make_shared<wire::ExchangeRequest>(*worker.request);
        std::erase_if(next->attempts, [](const auto& report) { return report.result.has_value(); });
        for (const wire::Assignment& given : reply.assign) {
            if (next->sessions.empty()) next->sessions.push_back(given.session);
            wire::AttemptReport report;
            report.attempt = given.attempt;
            report.session = given.session;
            next->attempts.push_back(report);
        }
        for (const std::string& ended : reply.end_sessions)
            std::erase(next->sessions, ended);
        if (!next->attempts.empty()) {  // its next task ends when it is asked again
            wire::Result& result = next->attempts.front().result.emplace();
            result.result = wire::ResultClass::succeeded;
            result.usage.wall_seconds = 10;  // so long that nothing is given ahead: one lease, one result an exchange
            result.started_at = result.ended_at = system_clock().wall();
        }
        worker.request = std::move(next);
        worker.due = system_clock().steady() + in_steady(task_seconds_);
    }

    farm::Farm& farm_;
    double task_seconds_;
    std::vector<Worker> workers_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::size_t> ready_;
    int outstanding_ = 0;
    std::uint64_t leases_ = 0;
    std::vector<double> latencies_;
};

// queued: tasks that wait, in many jobs. task_seconds: 0 to ask as quickly as answers come.
json::Object bench_leases(std::uint64_t queued, double task_seconds, double seconds) {
    const TemporaryFolder folder;
    farm::Farm farm({{folder.path()}, {}, &system_clock()});
    const std::uint64_t tasks_of_a_job = std::min<std::uint64_t>(1000, queued / 2);
    for (std::uint64_t i = 0; i < queued / tasks_of_a_job; ++i)
        farm.submit(submission_of(tasks_of_a_job), owner_of(i));
    json::Object result = Crowd(farm, task_seconds).run(seconds, tasks_of_a_job);
    result["queued"] = queued;
    return result;
}

// Ready again after a kill in the middle of much: 1,000 jobs, and 10,000 attempts that run.
json::Object bench_restart() {
    constexpr std::uint64_t jobs = 1000;
    constexpr int slots = 10;
    const TemporaryFolder folder;
    std::size_t leased = 0;
    {
        farm::Farm farm({{folder.path()}, {}, &system_clock()});
        for (std::uint64_t i = 0; i < jobs; ++i)
            farm.submit(submission_of(1000), owner_of(i));
        for (int i = 0; i < worker_count; ++i) {
            wire::ExchangeRequest request;
            request.worker = request.name = fmt::format("worker-{}", i);
            request.boot = "boot";
            request.sequence = 1;
            request.slots = slots;
            request.capabilities.amounts = {{"amount.worker.vcpu", slots}};
            leased += farm.exchange(request).assign.size();
        }
    }
    const Steady begun = system_clock().steady();
    const farm::Farm farm({{folder.path()}, {}, &system_clock()});
    json::Object result;
    result["seconds"] = seconds_between(begun, system_clock().steady());
    result["running"] = leased;
    return result;
}

}  // namespace

int main() {
    json::Object all;
    all["submit"] = bench_submit();
    all["restart"] = bench_restart();
    json::Array flat;
    for (const std::uint64_t queued : {std::uint64_t{1'000}, std::uint64_t{30'000}, std::uint64_t{1'000'000}})
        flat.push_back(bench_leases(queued, 0, 4));
    all["leases"] = flat;
    all["paced"] = bench_leases(1'000'000, 0.065, 6);
    std::puts(json::pretty(all).c_str());
}
