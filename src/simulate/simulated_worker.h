// A worker that is only messages: it holds what it is given, "runs" one task of each session at a time in virtual time,
// and tells how they ended until it is answered.
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "simulate/chance.h"
#include "wire/exchange.h"

namespace atelier::simulate {

class SimulatedWorker {
public:
    SimulatedWorker(int number, int slots, Chance& chance);

    const std::string& id() const { return request_.worker; }
    bool is_idle() const { return request_.sessions.empty() && request_.attempts.empty(); }
    bool fails = true;  // some tasks, some times; false: each one succeeds

    void restart();  // as after a kill: nothing of before is there

    // What it says now.
    const wire::ExchangeRequest& speak(Steady now);
    void take(const wire::ExchangeReply& reply, Steady now);
    Steady next_exchange(Steady now) const;

private:
    struct Running {
        Steady ends{};
        wire::ResultClass outcome = wire::ResultClass::succeeded;
    };

    void begin_next(const std::string& session, Steady at);
    void work(Steady now);
    void end_session(const std::string& session);

    Chance& chance_;
    int boots_ = 0;
    wire::ExchangeRequest request_;
    std::map<wire::AttemptId, Running> running_;
};

}  // namespace atelier::simulate
