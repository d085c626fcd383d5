#include "api/events.h"

#include <fmt/format.h>

#include "base/json_struct.h"
#include "base/log.h"
#include "farm/queries_json.h"

namespace atelier::api {

namespace {

constexpr int most_at_once = 1000;
constexpr std::size_t most_waiting = 10'000;
constexpr std::chrono::milliseconds look_interval{500};  // other servers write events too

std::int64_t last_number(farm::Farm& farm) {
    std::int64_t last = 0;
    farm.read([&](db::Connection& connection) {
        last = std::get<0>(*connection.row<std::int64_t>("SELECT coalesce(max(number), 0) FROM events"));
    });
    return last;
}

bool may_see(const Events::View& view, const farm::EventRecord& event) {
    return (view.owner.empty() || view.owner == event.owner) && (view.job.empty() || view.job == event.job);
}

}  // namespace

std::string event_text(const farm::EventRecord& event) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.number, event.kind, json::text(json::write(event)));
}

Events::Events(farm::Farm& farm) : farm_(farm) {
    subscription_ = farm_.subscribe([this] {
        const std::lock_guard lock(mutex_);
        news_ = true;
        if (!listeners_.empty()) wake_.notify_one();
    });
    thread_ = std::thread([this] { loop(); });
}

Events::~Events() {
    farm_.unsubscribe(subscription_);
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

std::shared_ptr<Events::Listener> Events::listen(View view, std::shared_ptr<http::Signal> signal, std::int64_t known) {
    auto listener = std::make_shared<Listener>();
    listener->view = std::move(view);
    listener->signal = std::move(signal);
    const std::int64_t newest = last_number(farm_);  // not under the lock: commits wait for that
    const std::lock_guard lock(mutex_);
    if (listeners_.empty()) last_ = std::max(last_, newest);  // nobody listened: what was before isn't read
    listener->joined = std::max(last_, std::min(known, newest));
    listeners_.emplace(listener.get(), listener);
    return listener;
}

void Events::leave(const std::shared_ptr<Listener>& listener) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(listener.get());
}

std::size_t Events::listeners() {
    const std::lock_guard lock(mutex_);
    return listeners_.size();
}

void Events::loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        wake_.wait_for(lock, look_interval, [&] { return stopping_ || (news_ && !listeners_.empty()); });
        news_ = false;
        if (listeners_.empty()) continue;
        const std::int64_t after = last_;
        lock.unlock();
        std::vector<farm::EventRecord> events;
        try {
            farm_.read(
                [&](db::Connection& connection) { events = farm::events_after(connection, after, "", most_at_once); });
        } catch (const Error& error) {  // the database is away: they are there when it's back
            log::warning(std::string("events can't be read: ") + error.what());
        }
        lock.lock();
        if (events.size() == most_at_once) news_ = true;
        hand_out(events);
    }
}

void Events::hand_out(const std::vector<farm::EventRecord>& events) {
    for (const farm::EventRecord& event : events) {
        last_ = std::max(last_, event.number);
        std::shared_ptr<const std::string> text;
        for (const auto& [key, listener] : listeners_) {
            if (event.number <= listener->joined || !may_see(listener->view, event)) continue;
            if (!text) text = std::make_shared<const std::string>(event_text(event));
            const std::lock_guard lock(listener->mutex);
            if (listener->waiting.size() >= most_waiting)
                listener->too_slow = true;
            else
                listener->waiting.push_back(text);
            listener->signal->notify();
        }
    }
}

}  // namespace atelier::api
