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
    // boot: what its boots are named by; another one than any worker of this number had before.
    SimulatedWorker(int number, int slots, Chance& chance, std::string boot = "boot");

    const std::string& id() const { return request_.worker; }
    bool is_idle() const { return request_.sessions.empty() && request_.attempts.empty(); }
    bool fails = true;        // some tasks, some times; false: each one succeeds
    double task_seconds = 0;  // of each; 0: as the workload has it

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
    double seconds_of_task(const wire::AttemptId& attempt) const;

    Chance& chance_;
    const std::string boot_;
    int boots_ = 0;
    wire::ExchangeRequest request_;
    std::map<wire::AttemptId, Running> running_;
};

}  // namespace atelier::simulate
