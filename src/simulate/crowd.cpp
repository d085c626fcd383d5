#include "simulate/crowd.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/id.h"
#include "base/json_struct.h"
#include "simulate/invariants.h"
#include "simulate/workload.h"
#include "wire/exchange_json.h"

namespace atelier::simulate {

namespace {

constexpr int wait_for_work_ms = 20'000;
constexpr double seconds_between_looks = 1;
constexpr double seconds_after_failure = 1;
constexpr double stuck_seconds = 120;  // without a lease
constexpr std::size_t most_heard = 256;
constexpr int answered_well = 200;
constexpr int length_of_boot = 12;

}  // namespace

Crowd::Member::Member(int number, int slots, Chance& chance, const ServerAddress& server)
    : worker(number, slots, chance, random_id(length_of_boot)), line(server) {}

Crowd::Crowd(const Options& options)
    : options_(options),
      chance_(options.seed),
      server_(find_server(options.server, options.token)),
      desk_(server_),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!options.faults.empty())
        throw Error(Error::Kind::invalid, "faults are simulated in virtual time alone", "leave out --faults or --server");
    for (int i = 0; i < options.workers; ++i) {
        const int slots = 1 + static_cast<int>(chance_.below(4));
        members_.push_back(std::make_unique<Member>(i, slots, chance_, server_));
        members_.back()->worker.fails = options.task_seconds <= 0;
        members_.back()->worker.task_seconds = options.task_seconds;
    }
}

void Crowd::submit_jobs() {
    const auto jobs = static_cast<std::uint64_t>(options_.jobs);
    for (int i = 0; i < options_.jobs; ++i) {
        const wire::Submission made = options_.task_seconds > 0
                                          ? plain_job(std::max<std::uint64_t>(1, options_.tasks / jobs))
                                          : mixed_job(options_, i, chance_);
        const json::Value answer = json::parse(desk_.ask_and_wait("POST", "/api/v1/jobs", wire::to_json(made)));
        jobs_.emplace(answer.at("job").at("id").as_string());
    }
}

// Those whose time has come.
void Crowd::speak_up() {
    while (!due_.empty() && due_.top().first <= system_clock().steady()) {
        const std::size_t index = due_.top().second;
        due_.pop();
        try {
            ask(index);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::unavailable) throw;
            ++report_.faults;
            due_.emplace(system_clock().steady() + in_steady(seconds_after_failure), index);
        }
    }
}

void Crowd::ask(std::size_t index) {
    Member& member = *members_[index];
    member.asked = system_clock().steady();
    const wire::ExchangeRequest& request = member.worker.speak(member.asked);
    member.waits = member.worker.is_idle();
    const bool is_new = member.line.socket() < 0;
    member.line.ask("POST",
                    fmt::format("/api/v1/workers/{}/exchange?wait_ms={}", request.worker,
                                member.waits ? wait_for_work_ms : 0),
                    json::text(json::write(request)));
    if (!is_new) return;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, member.line.socket(), &event) != 0)
        throw Error::from_errno("a connection can't be watched");
}

void Crowd::listen() {
    std::array<epoll_event, most_heard> events;
    const Steady next = due_.empty() ? next_look_ : std::min(next_look_, due_.top().first);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - system_clock().steady()).count();
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(std::max<std::int64_t>(0, left)));
    for (int i = 0; i < count; ++i)
        hear(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
}

void Crowd::hear(std::size_t index) {
    Member& member = *members_[index];
    const Steady now = system_clock().steady();
    try {
        const auto answer = member.line.take();
        if (!answer) return;
        if (answer->status != answered_well) throw Error(Error::Kind::unavailable, answer->content);
        take(member, answer->content, now);
        due_.emplace(member.worker.is_idle() ? now : member.worker.next_exchange(now), index);
    } catch (const Error&) {  // it tells the same again
        ++report_.faults;
        due_.emplace(now + in_steady(seconds_after_failure), index);
    }
}

void Crowd::take(Member& member, const std::string& content, Steady now) {
    const auto reply = json::read<wire::ExchangeReply>(json::parse(content));
    ++report_.exchanges;
    report_.leases += reply.assign.size();
    if (!member.waits) latencies_.push_back(static_cast<float>(seconds_between(member.asked, now)));
    leased_at_.insert(leased_at_.end(), reply.assign.size(), static_cast<float>(seconds_between(begun_, now)));
    member.worker.take(reply, now);
}

std::size_t Crowd::unfinished_jobs() {
    std::size_t unfinished = jobs_.size();
    std::string cursor;
    do {
        const json::Value page = json::parse(
            desk_.ask_and_wait("GET", "/api/v1/jobs?limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor)));
        for (const json::Value& job : page.at("jobs").as_array()) {
            if (!jobs_.contains(std::string(job.at("id").as_string()))) continue;
            const auto state = job.at("state").as_string();
            if (state == "succeeded" || state == "failed") --unfinished;
            if (state == "succeeded" && job.at("succeeded") != job.at("total_tasks"))
                report_.broken.push_back("a job succeeded without all of its tasks");
        }
        cursor = page.at("next").as_string();
    } while (!cursor.empty());
    return unfinished;
}

// True when all is done, or nothing moves any more.
bool Crowd::look() {
    const Steady now = system_clock().steady();
    if (now < next_look_) return false;
    next_look_ = now + in_steady(seconds_between_looks);
    if (std::exchange(leases_seen_, report_.leases) != report_.leases) {
        moved_at_ = now;
        return false;
    }
    const std::size_t unfinished = unfinished_jobs();
    if (unfinished > 0 && seconds_between(moved_at_, now) > stuck_seconds)
        report_.broken.push_back(fmt::format("nothing was leased for minutes, and {} jobs have not ended", unfinished));
    return unfinished == 0 || !report_.broken.empty();
}

// Of a database that nobody else has given work to.
void Crowd::check_database() {
    const auto connection = db::open(options_.database, db::Access::read_only);
    connection->begin_snapshot();
    farm::Queue queue({}, system_clock(), [](const std::string&, std::uint64_t) { return true; });
    queue.load(*connection);
    for (const std::string& what : check_rest(queue, *connection))
        report_.broken.push_back(what);
    connection->rollback();
}

Report Crowd::run() {
    submit_jobs();
    begun_ = moved_at_ = next_look_ = system_clock().steady();
    for (std::size_t i = 0; i < members_.size(); ++i)
        due_.emplace(begun_ + in_steady(chance_.between(0, seconds_between_looks)), i);
    while (!look()) {
        speak_up();
        listen();
    }
    if (report_.broken.empty() && !options_.database.empty()) check_database();
    return finish();
}

Report Crowd::finish() {
    report_.real_seconds = report_.virtual_seconds = seconds_between(begun_, system_clock().steady());
    if (const std::size_t tenth = leased_at_.size() / 10; tenth > 0) {
        const double seconds = leased_at_[9 * tenth] - leased_at_[tenth];
        report_.leases_per_second = static_cast<double>(8 * tenth) / std::max(seconds, 1e-3);
    }
    take_percentiles(latencies_, report_);
    take_usage(report_);
    return report_;
}

}  // namespace atelier::simulate
