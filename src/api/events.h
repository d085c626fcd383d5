// The events of the farm on their way to those who listen: read once from the database, in its order, and handed to
// every listener that may see them. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "farm/farm.h"
#include "farm/queries.h"
#include "http/wait.h"

namespace atelier::api {

class Events {
public:
    explicit Events(farm::Farm& farm);
    ~Events();
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;

    // What a listener may see.
    struct View {
        std::string owner;  // empty: of all
        std::string job;    // empty: of all
    };

    struct Listener {
        View view;
        std::shared_ptr<http::Signal> signal;
        std::int64_t joined = 0;  // it is given those after this one
        std::mutex mutex;
        std::deque<std::shared_ptr<const std::string>> waiting;  // as they go over the network
        bool too_slow = false;                                   // it is to come again with Last-Event-ID
    };

    // From the next event on; none up to `known`, which may be newer than what was handed out so far. Waits for the
    // database.
    std::shared_ptr<Listener> listen(View view, std::shared_ptr<http::Signal> signal, std::int64_t known);
    void leave(const std::shared_ptr<Listener>& listener);
    std::size_t listeners();

private:
    void loop();
    void hand_out(const std::vector<farm::EventRecord>& events);

    farm::Farm& farm_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool news_ = false;
    bool stopping_ = false;
    std::int64_t last_ = 0;
    std::map<Listener*, std::shared_ptr<Listener>> listeners_;
    std::uint64_t subscription_ = 0;
    std::thread thread_;
};

// As it goes over the network.
std::string event_text(const farm::EventRecord& event);

}  // namespace atelier::api
