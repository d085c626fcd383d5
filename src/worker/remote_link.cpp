#include "worker/remote_link.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_struct.h"
#include "base/log.h"
#include "wire/exchange_json.h"
#include "wire/submission_json.h"
#include "worker/backoff.h"

namespace atelier::worker {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds longest_silence{15'000};  // of a server that is to answer at once
constexpr milliseconds least_silence{500};
constexpr milliseconds patience_of_nudges{2'000};
constexpr milliseconds time_for_orders{30'000};  // a server that starts anew is waited for
constexpr milliseconds time_for_logs{5'000};
constexpr int most_failures_of_logs = 3;  // then results go without: they count for more

http::Ask post(std::string path, std::string content) {
    http::Ask ask;
    ask.method = http::Method::post;
    ask.path = std::move(path);
    ask.content = std::move(content);
    return ask;
}

std::vector<store::BlobRef> blobs_of(const wire::Result& result) {
    std::vector<store::BlobRef> blobs;
    for (const wire::Output& output : result.outputs)
        blobs.push_back({Digest::from_hex(output.digest), output.size});
    return blobs;
}

std::vector<std::string> sessions_with_results(const wire::ExchangeRequest& request) {
    std::vector<std::string> sessions;
    for (const wire::AttemptReport& report : request.attempts)
        if (report.result) sessions.push_back(report.session);
    return sessions;
}

template <class T>
T read_answer(const std::string& content) {
    try {
        return json::read<T>(json::parse(content));
    } catch (const Error& error) {
        throw Error(Error::Kind::unavailable,
                    fmt::format("what the server answered can't be understood: {}", error.what()),
                    "are worker and server of the same version?");
    }
}

}  // namespace

RemoteLink::RemoteLink(std::shared_ptr<http::Client> client, std::string worker, const std::filesystem::path& spool,
                       std::shared_ptr<Transfer> transfer)
    : client_(std::move(client)),
      worker_(std::move(worker)),
      spool_(spool / "results", worker_),
      transfer_(std::move(transfer)),
      left_over_(transfer_->use([this] { return stopping_ || is_interrupted_ || brings_wait_; })),
      logs_(spool / "logs", carrier()) {
    for (const Spool::Left& left : spool_.left())
        for (const wire::AttemptReport& report : left.attempts)
            left_over_->hold(blobs_of(*report.result));
}

RemoteLink::~RemoteLink() {
    stopping_ = true;
    logs_.wait_sent({}, time_for_logs);
}

std::string RemoteLink::path(std::string_view rest) const {
    return fmt::format("/api/v1/workers/{}/{}", http::encode(worker_), rest);
}

std::string RemoteLink::path(const std::string& job, std::string_view rest) const {
    return path(fmt::format("jobs/{}/{}", http::encode(job), rest));
}

LogPost::Carrier RemoteLink::carrier() {
    const auto log_path = [this](const std::string& job, const std::string& session) {
        return path(job, "logs/" + http::encode(session));
    };
    const auto write = [this, log_path](const std::string& job, const std::string& session, std::uint64_t offset,
                                        std::string_view bytes) {
        http::Ask ask = post(fmt::format("{}?offset={}", log_path(job, session), offset), std::string(bytes));
        ask.type = "application/octet-stream";
        ask.patience = longest_silence;
        client_->send(ask);
    };
    const auto end = [this, log_path](const std::string& job, const std::string& session) {
        client_->send(post(log_path(job, session) + "/end", ""));
    };
    return {write, end};
}

wire::ExchangeReply RemoteLink::exchange(const wire::ExchangeRequest& request, milliseconds patience) {
    try {
        {
            const std::lock_guard lock(mutex_);
            boot_ = request.boot;
            sequence_ = request.sequence;
        }
        if (!left_over_told_) deliver_left_over(request);
        send_logs_first(request);
        wire::ExchangeReply reply = tell(request, patience);
        lease_ = milliseconds(reply.lease_ms);
        spool_.remove(request);
        return reply;
    } catch (const Error&) {
        if (!sessions_with_results(request).empty()) {
            logs_.secure();
            spool_.keep(request);
        }
        throw;
    }
}

// A poll that hangs must not cost the leases that the next one would renew.
wire::ExchangeReply RemoteLink::tell(const wire::ExchangeRequest& request, milliseconds patience) {
    http::Ask ask = post(path(fmt::format("exchange?wait_ms={}", patience.count())), json::text(json::write(request)));
    ask.patience = patience + std::clamp(lease_ / 4, least_silence, longest_silence);
    http::Ask nudge = post(path("nudge"), "");
    nudge.patience = patience_of_nudges;
    const http::Answer answer = patience.count() > 0 ? client_->poll(ask, nudge) : client_->send(ask);
    auto reply = read_answer<wire::ExchangeReply>(answer.content);
    if (reply.sequence != request.sequence)
        throw Error(Error::Kind::unavailable, "the server answered to another question");
    return reply;
}

// The farm keeps a worker's leases until it hears of a new boot id: what the former process has done still counts. Then
// the former one has nothing more, and the farm takes back the rest.
void RemoteLink::deliver_left_over(const wire::ExchangeRequest& like) {
    logs_.wait_sent({}, time_for_logs);
    is_interrupted_ = false;
    for (Spool::Left& left : spool_.left())
        if (left.boot != like.boot) deliver_left_over(like, left);
    left_over_told_ = true;
    left_over_.reset();
}

void RemoteLink::deliver_left_over(const wire::ExchangeRequest& like, Spool::Left& left) {
    std::erase_if(left.attempts, [&](const wire::AttemptReport& report) { return !bring_outputs(report); });
    wire::ExchangeRequest request = like;
    request.boot = left.boot;
    request.sequence = left.sequence + 1;
    request.draining = true;  // it gets nothing more
    request.sessions.clear();
    request.leaving.clear();
    request.attempts = left.attempts;
    try {
        tell(request, milliseconds(0));
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::invalid) throw;
        for (const wire::AttemptReport& report : left.attempts)
            spool_.put_aside(report, error.what());
        return;
    }
    log::info(fmt::format("{} results of before this worker was started were delivered", left.attempts.size()));
    spool_.remove(request);
}

// False when they are no longer here: then the task is done again. Throws Error::unavailable when the farm is away.
bool RemoteLink::bring_outputs(const wire::AttemptReport& report) {
    brings_wait_ = false;
    try {
        left_over_->deliver(blobs_of(*report.result), [this] { brings_wait_ = true; });
        return true;
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::not_found) throw;
        spool_.put_aside(report, error.what());
        return false;
    }
}

void RemoteLink::keep(const wire::AttemptReport& report) {
    logs_.secure();
    const std::lock_guard lock(mutex_);
    spool_.keep(report, boot_, sequence_);
}

// Once it has the result, the farm takes no more of its log.
void RemoteLink::send_logs_first(const wire::ExchangeRequest& request) {
    const auto sessions = sessions_with_results(request);
    if (sessions.empty() || logs_.wait_sent(sessions, time_for_logs)) {
        logs_failed_ = 0;
        return;
    }
    if (++logs_failed_ <= most_failures_of_logs)
        throw Error(Error::Kind::unavailable, "the log of a task could not be sent");
}

json::Value RemoteLink::get_patiently(const std::string& where) {
    const Steady until = system_clock().steady() + time_for_orders;
    return patiently([&] { return stopping_ || system_clock().steady() >= until; },
                     [&] { return client_->get(where); });
}

std::shared_ptr<const wire::JobOrder> RemoteLink::order(const std::string& job) {
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(orders_, [](const auto& item) { return item.second.expired(); });
        if (const auto known = orders_.find(job); known != orders_.end())
            if (auto order = known->second.lock()) return order;
    }
    const auto told = json::read<wire::Order>(get_patiently(path(job, "order")));
    auto order = wire::make_order(told.submission, told.submitted_at);
    const std::lock_guard lock(mutex_);
    orders_[job] = order;
    return order;
}

std::vector<wire::Output> RemoteLink::outputs(const std::string& job, std::optional<std::uint32_t> before_step) {
    const json::Value answer =
        get_patiently(path(job, before_step ? fmt::format("outputs?before_step={}", *before_step) : "outputs"));
    if (!answer.is_object() || !answer.as_object().contains("outputs"))
        throw Error(Error::Kind::unavailable, "the server's answer names no outputs");
    return json::read<std::vector<wire::Output>>(answer.at("outputs"));
}

}  // namespace atelier::worker
