#include "worker/agent.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "worker/capabilities.h"

namespace atelier::worker {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds gathering{10};  // results of short tasks travel together while there is work left
constexpr milliseconds first_wait_for_farm{100};
constexpr milliseconds longest_wait_for_farm{5'000};
constexpr milliseconds lease_margin{20'000};    // before the lease ends, actions are canceled with notice,
constexpr milliseconds notice_of_rest{30'000};  // for a checkpoint, when somebody sits down at the machine
constexpr milliseconds kill_margin{5'000};      // and killed this long before

std::map<std::string, std::string> own_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

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
              options_.sessions,
              options_.checkpoints,
              own_environment(),
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
              std::make_shared<GpuDesk>(capabilities_.gpus)} {
    last_answer_ = system_clock().steady();
    thread_ = std::thread([this] { loop(); });
}

Agent::~Agent() { stop(milliseconds(0)); }

void Agent::finish() {
    draining_ = true;
    around_.has_news();
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
        if (stopping_ && !std::exchange(interrupted, true))
            for (auto& [id, runner] : runners_)
                runner->interrupt(milliseconds(notice_ms_));
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
        const wire::ExchangeRequest request = make_request();
        const milliseconds patience = leaving || has_results() ? milliseconds(0) : interval_;
        if (exchange(request, patience)) {
            wait = first_wait_for_farm;
            sweep(request);
            if (!leaving || runners_.empty()) continue;
            std::unique_lock lock(mutex_);
            news_.wait_for(lock, interval_, [&] { return has_news_; });
        } else {
            guard_leases();
            std::unique_lock lock(mutex_);
            news_.wait_for(lock, wait, [&] { return stopping_.load(); });
            wait = std::min(wait * 2, longest_wait_for_farm);
            if (stopping_ &&
                std::all_of(runners_.begin(), runners_.end(), [](const auto& item) { return item.second->over(); }))
                return;  // the farm can't be told; it will find out
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
    const Steady sent = system_clock().steady();
    try {
        const wire::ExchangeReply reply = link_.exchange(request, patience);
        last_answer_ = sent;
        obey(reply);
        return true;
    } catch (const Error& error) {
        log::warning(fmt::format("the farm did not take what this worker told, it is told again: {}", error.what()));
        return false;
    }
}

void Agent::obey(const wire::ExchangeReply& reply) {
    interval_ = milliseconds(reply.interval_ms);
    lease_ = milliseconds(reply.lease_ms);
    if (reply.stop) draining_ = true;
    for (const wire::AttemptId& attempt : reply.drop)
        for (auto& [id, runner] : runners_)
            runner->drop(attempt);
    for (const wire::Cancel& cancel : reply.cancel)
        for (auto& [id, runner] : runners_)
            runner->cancel(cancel.attempt, milliseconds(cancel.at_most_ms), cancel.by_person);
    for (const wire::Assignment& assignment : reply.assign) {
        std::unique_ptr<Runner>& runner = runners_[assignment.session];
        if (!runner)
            runner =
                std::make_unique<Runner>(around_, assignment.session, assignment.attempt.job, assignment.attempt.step);
        runner->give(assignment);
        if (stopping_) runner->interrupt(milliseconds(notice_ms_));  // it crossed our leaving
    }
    for (const std::string& session : reply.end_sessions)
        if (const auto runner = runners_.find(session); runner != runners_.end()) runner->second->finish_when_dry();
}

// Results that were told are the farm's now; sessions that are over and have told everything are gone.
void Agent::sweep(const wire::ExchangeRequest& request) {
    for (auto& [id, runner] : runners_)
        runner->answered(request.attempts);
    std::erase_if(runners_, [](const auto& item) { return item.second->over() && !item.second->has_results(); });
}

// Not heard of the farm for so long that the leases are about to end: what runs is given up before somebody else begins
// it.
void Agent::guard_leases() {
    const auto silent = std::chrono::duration_cast<milliseconds>(system_clock().steady() - last_answer_);
    if (silent > lease_ - kill_margin)
        for (auto& [id, runner] : runners_)
            runner->interrupt(milliseconds(0));
    else if (silent > lease_ - lease_margin)
        for (auto& [id, runner] : runners_)
            runner->interrupt(lease_ - kill_margin - silent);
}

std::shared_ptr<Outputs> Agent::shared_outputs(const std::string& job, const wire::JobOrder& order,
                                               const Stage& stage) {
    const std::lock_guard lock(mutex_);
    if (auto known = outputs_[job].lock()) return known;
    std::erase_if(outputs_, [](const auto& item) { return item.second.expired(); });
    auto made = std::make_shared<Outputs>(stage.outputs, around_.blobs);
    made->learn(order.submitted_at, link_.outputs(job, std::nullopt));
    outputs_[job] = made;
    return made;
}

}  // namespace atelier::worker
