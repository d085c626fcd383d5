// The exchanges of workers that wait for something to do, so that a worker with news of its own can have the answer
// now. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "http/wait.h"

namespace atelier::api {

class Waits {
public:
    // For the time that an exchange waits. worker: with the one who speaks for it, see exchange.cpp.
    class Place {
    public:
        Place(Waits& waits, std::string worker, std::shared_ptr<http::Signal> signal);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        Waits& waits_;
        std::string worker_;
        std::shared_ptr<http::Signal> signal_;
    };

    // One that comes before the exchange has begun to wait is kept for it.
    void nudge(const std::string& worker);
    bool was_nudged(const std::string& worker);  // and forgets it

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<http::Signal>> waiting_;
    std::set<std::string> nudged_;
};

}  // namespace atelier::api
