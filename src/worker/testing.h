// For the worker's tests: a farm that is only a script, and a job to order from it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "job/template.h"
#include "wire/link.h"

namespace atelier::worker::testing {

inline std::shared_ptr<const wire::JobOrder> order_of(const std::string& text,
                                                      const std::map<std::string, std::string>& values = {},
                                                      wire::Sessioning sessioning = {}) {
    auto order = std::make_shared<wire::JobOrder>();
    order->job = std::make_shared<const job::Job>(
        job::create_job(job::parse_job_template({text, job::Syntax::yaml, "test.yaml"}), {}, {values, "/", "/"}));
    order->sessioning = sessioning;
    return order;
}

// Keeps what it is told; answers each exchange with the next scripted reply, then with nothing new.
struct FakeLink final : wire::FarmLink {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<wire::ExchangeReply> replies;
    std::vector<wire::AttemptReport> results;
    std::vector<wire::AttemptReport> kept;
    wire::ExchangeRequest last_request;
    std::shared_ptr<const wire::JobOrder> the_order;
    std::vector<wire::Output> before;
    std::string log;
    int pieces = 0;
    bool log_ended = false;
    bool unreachable = false;
    bool interrupted = false;
    bool hangs = false;  // an exchange is sent and never answered
    std::int64_t lease_ms = 60'000;
    std::optional<Error> refusal;
    std::vector<wire::AttemptReport> told_in_vain;
    wire::Capabilities capabilities;  // as it told last

    wire::ExchangeReply exchange(const wire::ExchangeRequest& request, std::chrono::milliseconds patience) override {
        std::unique_lock lock(mutex);
        capabilities = request.capabilities;
        if (refusal) throw Error(*refusal);
        if (unreachable) {
            for (const wire::AttemptReport& report : request.attempts)
                if (report.result) told_in_vain.push_back(report);
            throw Error(Error::Kind::unavailable, "the farm can't be reached");
        }
        for (const wire::AttemptReport& report : request.attempts)
            if (report.result) results.push_back(report);
        last_request = request;
        changed.notify_all();
        if (hangs) {
            changed.wait(lock, [&] { return !hangs; });
            throw Error(Error::Kind::unavailable, "the connection broke");
        }
        if (replies.empty()) changed.wait_for(lock, patience, [&] { return interrupted || !replies.empty(); });
        interrupted = false;
        wire::ExchangeReply reply;
        if (!replies.empty()) {
            reply = std::move(replies.front());
            replies.pop_front();
            changed.notify_all();
        }
        reply.sequence = request.sequence;
        reply.interval_ms = 50;
        reply.lease_ms = lease_ms;
        return reply;
    }
    void interrupt() override {
        const std::lock_guard lock(mutex);
        interrupted = true;
        changed.notify_all();
    }
    std::shared_ptr<const wire::JobOrder> order(const std::string&) override { return the_order; }
    std::vector<wire::Output> outputs(const std::string&, std::optional<std::uint32_t>) override { return before; }
    void write_log(const std::string&, const std::string&, std::uint64_t offset, std::string_view bytes) override {
        const std::lock_guard lock(mutex);
        if (log.size() < offset + bytes.size()) log.resize(offset + bytes.size());
        log.replace(offset, bytes.size(), bytes);
        ++pieces;
    }
    void end_log(const std::string&, const std::string&) override { log_ended = true; }
    void keep(const wire::AttemptReport& report) override {
        const std::lock_guard lock(mutex);
        kept.push_back(report);
    }
    void forget(const std::vector<wire::AttemptId>& attempts) override {
        const std::lock_guard lock(mutex);
        for (const wire::AttemptId& attempt : attempts)
            std::erase_if(kept, [&](const wire::AttemptReport& report) { return report.attempt == attempt; });
    }

    // From the test.
    void assign(std::vector<std::uint64_t> tasks, const std::string& session = "s1", bool resume = false) {
        const std::lock_guard lock(mutex);
        wire::ExchangeReply reply;
        for (const std::uint64_t task : tasks)
            reply.assign.push_back({{"job", 0, task, 1}, session, resume, {}});
        replies.push_back(std::move(reply));
        changed.notify_all();
    }
    void reply(wire::ExchangeReply what) {
        const std::lock_guard lock(mutex);
        replies.push_back(std::move(what));
        changed.notify_all();
    }
    // What was scripted has been answered.
    bool wait_for_delivery() {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(60), [&] { return replies.empty(); });
    }
    bool wait_for_results(std::size_t count) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(60), [&] { return results.size() >= count; });
    }
    template <class Test>
    bool wait_for_request(const Test& test) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(60), [&] { return test(last_request); });
    }
    bool wait_for_log(const std::string& text) {
        for (int i = 0; i < 6000; ++i) {
            {
                const std::lock_guard lock(mutex);
                if (log.find(text) != std::string::npos) return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }
};

}  // namespace atelier::worker::testing
