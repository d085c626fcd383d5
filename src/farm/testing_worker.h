// A worker for the farm's tests: it is only messages.
#pragma once

#include <algorithm>
#include <string>

#include "wire/exchange.h"

namespace atelier::farm::testing {

using wire::ResultClass;

// A worker as the queue sees one: it lists what it was given until it tells a result.
struct FakeWorker {
    wire::ExchangeRequest request;

    FakeWorker(const std::string& id, int slots) {
        request.worker = id;
        request.name = id;
        request.boot = "boot-1";
        request.slots = slots;
        request.capabilities.amounts = {{"amount.worker.vcpu", slots}, {"amount.worker.memory", 16384}};
        request.capabilities.attributes = {{"attr.worker.os.family", {"linux"}}};
    }

    void restart(const std::string& boot) {
        request.boot = boot;
        request.sequence = 0;
        request.sessions.clear();
        request.attempts.clear();
    }

    void take(const wire::ExchangeReply& reply) {
        std::erase_if(request.attempts, [](const auto& report) { return report.result.has_value(); });
        for (const wire::AttemptId& dropped : reply.drop)
            std::erase_if(request.attempts, [&](const auto& report) { return report.attempt == dropped; });
        for (const wire::Assignment& given : reply.assign) {
            if (std::find(request.sessions.begin(), request.sessions.end(), given.session) == request.sessions.end())
                request.sessions.push_back(given.session);
            wire::AttemptReport report;
            report.attempt = given.attempt;
            report.session = given.session;
            request.attempts.push_back(report);
        }
        for (const std::string& ended : reply.end_sessions)
            std::erase(request.sessions, ended);
    }

    // Tells this result for the attempt at `index` of those that it holds; a failure ends its session.
    void end(std::size_t index, ResultClass result, double seconds = 1) {
        wire::AttemptReport& report = request.attempts.at(index);
        report.phase = wire::Phase::running;
        wire::Result& told = report.result.emplace();
        told.result = result;
        told.usage.wall_seconds = seconds;
        told.started_at = 1;
        if (result == ResultClass::succeeded) return;
        std::erase(request.sessions, report.session);
        for (wire::AttemptReport& other : request.attempts)
            if (other.session == report.session && !other.result)
                other.result.emplace().result = ResultClass::never_attempted;
    }

    void end_all(ResultClass result) {
        for (std::size_t i = 0; i < request.attempts.size(); ++i)
            if (!request.attempts[i].result) end(i, result);
    }
};

}  // namespace atelier::farm::testing
