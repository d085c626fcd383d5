#include "worker/agent.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "process/own_program.h"
#include "worker/capabilities.h"

namespace atelier::worker {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds gathering{10};  // results of short tasks travel together while there is work left
constexpr milliseconds first_wait_for_farm{100};
constexpr milliseconds longest_wait_for_farm{5'000};
constexpr milliseconds notice_of_rest{30'000};             // for a checkpoint, when somebody sits down at the machine
constexpr milliseconds longest_wait_when_refused{60'000};  // a person must do something about it first

// Those of jobs whose tasks left no checkpoint.
void remove_empty_folders(const std::filesystem::path& root) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(root, ignored))
        ::rmdir(entry.path().c_str());
}

}  // namespace

Agent::Agent(wire::FarmLink& link, std::shared_ptr<store::Blobs> blobs, AgentOptions options)
    : link_(link),
      options_(std::move(options)),
      boot_(random_id(attempt_id_length)),
      capabilities_(detect_capabilities(options_.slots, options_.sessions)),
      around_{link,
              std::move(blobs),
              options_.transfer,
              options_.sessions,
              options_.checkpoints,
              process::environment_for_tasks(),
              [this] {
                  {
                      const std::lock_guard lock(mutex_);
                      has_news_ = true;
                  }
                  news_.notify_all();
                  link_.interrupt();
              },
              [this](const std::string& job, const wire::JobOrder& order, const Stage& stage) {
                  return shared_outputs(job, order, stage);
              },
              std::make_shared<GpuDesk>(capabilities_.gpus)},
      guard_([this](milliseconds left) {
          const std::lock_guard lock(runners_mutex_);
          if (!runners_.empty()) log::warning("the leases are about to end, what runs is given up");
          for (auto& [id, runner] : runners_)
              runner->interrupt(left);
      }) {
    for (const auto& [name, values] : options_.attributes)
        capabilities_.attributes[name] = values;
    thread_ = std::thread([this] {
        loop();
        over_ = true;
    });
}

Agent::~Agent() { stop(milliseconds(0)); }

void Agent::drain() {
    draining_ = true;
    around_.has_news();
}

void Agent::finish() {
    drain();
    if (thread_.joinable()) thread_.join();
}

void Agent::stop(milliseconds notice) {
    notice_ms_ = notice.count();
    stopping_ = true;
    around_.has_news();
    if (thread_.joinable()) thread_.join();
}

void Agent::loop() {
    milliseconds wait = first_wait_for_farm;
    bool interrupted = false;
    for (;;) {
        if (stopping_ && !std::exchange(interrupted, true)) interrupt_all(milliseconds(notice_ms_));
        const bool leaving = stopping_ || draining_;
        if (leaving && runners_.empty()) return remove_empty_folders(options_.checkpoints);
        if (draining_)  // nothing more will come
            for (auto& [id, runner] : runners_)
                runner->finish_when_dry();
        {
            std::unique_lock lock(mutex_);
            if (may_wait_for_more()) {
                lock.unlock();
                std::this_thread::sleep_for(gathering);
                lock.lock();
            }
            has_news_ = false;
        }
        consider_rest();
        const bool all_told = all_over();  // nothing is added to the results after this
        const wire::ExchangeRequest request = make_request();
        const milliseconds patience = leaving || has_results() ? milliseconds(0) : interval_;
        if (exchange(request, patience)) {
            wait = first_wait_for_farm;
            sweep(request);
            if (!leaving || runners_.empty()) continue;
            std::unique_lock lock(mutex_);
            news_.wait_for(lock, interval_, [&] { return has_news_; });
        } else {
            if (stopping_ && all_told) return;  // the farm can't be told; it will find out
            if (problem_) stopping_ = true;
            std::unique_lock lock(mutex_);
            const auto has_reason = [&] { return stopping_ || (draining_ && runners_.empty()); };
            news_.wait_for(lock, wait, [&] { return interrupted ? has_news_ : has_reason(); });
            wait = std::min(wait * 2, is_refused_ ? longest_wait_when_refused : longest_wait_for_farm);
        }
    }
}

void Agent::consider_rest() {
    if (!options_.rest) return;
    const auto rest = options_.rest();
    const std::string reason = rest ? rest->reason : "";
    if (reason != resting_) log::info(rest ? "this worker rests: " + reason : "this worker works again");
    resting_ = reason;
    if (!rest || !rest->interrupt) return;
    for (auto& [id, runner] : runners_)
        runner->interrupt(notice_of_rest);
}

bool Agent::all_over() const {
    return std::all_of(runners_.begin(), runners_.end(), [](const auto& item) { return item.second->over(); });
}

// For good: what can't be brought to the farm soon after the notice is given up, too.
void Agent::interrupt_all(milliseconds at_most) {
    for (auto& [id, runner] : runners_)
        runner->stop(at_most);
}

// Every session still has tasks waiting: nobody is kept idle by gathering a few more results.
bool Agent::may_wait_for_more() const {
    return !stopping_ && !runners_.empty() &&
           std::all_of(runners_.begin(), runners_.end(), [](const auto& item) { return !item.second->is_dry(); });
}

bool Agent::has_results() const {
    return std::any_of(runners_.begin(), runners_.end(), [](const auto& item) { return item.second->has_results(); });
}

wire::ExchangeRequest Agent::make_request() {
    wire::ExchangeRequest request;
    request.worker = options_.id;
    request.name = options_.name;
    request.boot = boot_;
    request.sequence = ++sequence_;
    request.slots = options_.slots;
    request.draining = draining_ || stopping_;
    request.resting = resting_;
    request.capabilities = capabilities_;
    for (auto& [id, runner] : runners_) {
        if (!runner->over()) request.sessions.push_back(id);
        if (!runner->over() && runner->is_leaving()) request.leaving.push_back(id);
        for (wire::AttemptReport& report : runner->reports())
            request.attempts.push_back(std::move(report));
    }
    return request;
}

bool Agent::exchange(const wire::ExchangeRequest& request, milliseconds patience) {
    const milliseconds sent = LeaseGuard::now();
    try {
        const wire::ExchangeReply reply = link_.exchange(request, patience);
        guard_.renew(sent, milliseconds(reply.lease_ms));
        if (!in_contact_.value_or(false) && options_.contact) options_.contact(nullptr);
        in_contact_ = true;
        is_refused_ = false;
        obey(reply);
        return true;
    } catch (const Error& error) {
        lost(error);
        return false;
    }
}

// Said once, not at each try.
void Agent::lost(const Error& error) {
    const bool is_refused = error.kind() == Error::Kind::denied;
    if (error.kind() == Error::Kind::conflict) problem_ = error;
    if (problem_) return;
    if (in_contact_.value_or(true) || is_refused != is_refused_) {
        if (options_.contact)
            options_.contact(&error);
        else
            log::warning(
                fmt::format("the farm did not take what this worker told, it is told again: {}", error.what()));
    }
    in_contact_ = false;
    is_refused_ = is_refused;
}

void Agent::obey(const wire::ExchangeReply& reply) {
    interval_ = milliseconds(reply.interval_ms);
    if (reply.stop) draining_ = true;
    for (const wire::AttemptId& attempt : reply.drop)
        for (auto& [id, runner] : runners_)
            runner->drop(attempt);
    link_.forget(reply.drop);  // what runs keeps nothing of them from now on
    for (const wire::Cancel& cancel : reply.cancel)
        for (auto& [id, runner] : runners_)
            runner->cancel(cancel.attempt, milliseconds(cancel.at_most_ms), cancel.by_person);
    for (const wire::Assignment& assignment : reply.assign) {
        const std::lock_guard lock(runners_mutex_);
        std::unique_ptr<Runner>& runner = runners_[assignment.session];
        if (!runner)
            runner =
                std::make_unique<Runner>(around_, assignment.session, assignment.attempt.job, assignment.attempt.step);
        runner->give(assignment);
        if (stopping_) runner->stop(milliseconds(notice_ms_));  // it crossed our leaving
    }
    for (const std::string& session : reply.end_sessions)
        if (const auto runner = runners_.find(session); runner != runners_.end()) runner->second->finish_when_dry();
}

// Results that were told are the farm's now; sessions that are over and have told everything are gone.
void Agent::sweep(const wire::ExchangeRequest& request) {
    for (auto& [id, runner] : runners_)
        runner->answered(request.attempts);
    const std::lock_guard lock(runners_mutex_);
    std::erase_if(runners_, [](const auto& item) { return item.second->over() && !item.second->has_results(); });
}

std::shared_ptr<Outputs> Agent::shared_outputs(const std::string& job, const wire::JobOrder& order,
                                               const Stage& stage) {
    const std::lock_guard lock(outputs_mutex_);
    if (auto known = outputs_[job].lock()) return known;
    std::erase_if(outputs_, [](const auto& item) { return item.second.expired(); });
    auto made = std::make_shared<Outputs>(stage.outputs, around_.blobs);
    made->learn(order.submitted_at, link_.outputs(job, std::nullopt));
    outputs_[job] = made;
    return made;
}

}  // namespace atelier::worker
