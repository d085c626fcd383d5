// `atelier worker list|pause|…`: the workers of the farm, seen and steered.
#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "base/json_struct.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/exit_status.h"
#include "cli/worker.h"
#include "farm/queries_json.h"

namespace atelier::cli {

namespace {

constexpr double mib = 1024.0 * 1024.0;

std::string amount(const farm::WorkerView& worker, const char* name) {
    const auto found = worker.capabilities.amounts.find(name);
    return found == worker.capabilities.amounts.end() ? "" : fmt::format("{:g}", found->second);
}

std::string memory(const farm::WorkerView& worker) {
    const auto found = worker.capabilities.amounts.find("amount.worker.memory");
    if (found == worker.capabilities.amounts.end()) return "";
    return format_bytes(static_cast<std::uint64_t>(found->second * mib));
}

std::string doing(const farm::WorkerView& worker) {
    std::vector<std::string> parts;
    if (!worker.reason.empty()) parts.push_back(worker.reason);
    for (const farm::WorkerSession& session : worker.sessions)
        parts.push_back(session.job.empty() ? "a job of somebody else" : session.job + ":" + session.step);
    return join(parts, ", ");
}

}  // namespace

int list_workers(Output& output) {
    const auto workers = Desk::open()->workers();
    output.json(json::write(workers));
    std::vector<std::vector<std::string>> rows;
    for (const farm::WorkerView& worker : workers)
        rows.push_back({worker.name, worker.id, worker.state, std::to_string(worker.slots),
                        amount(worker, "amount.worker.vcpu"), memory(worker), amount(worker, "amount.worker.gpu"),
                        format_duration(worker.seen_seconds) + " ago", doing(worker)});
    constexpr auto right = Column::Align::right;
    if (rows.empty())
        output.say("no workers: `atelier worker --server URL` makes a machine one");
    else
        output.table({{"NAME"},
                      {"ID"},
                      {"STATE"},
                      {"SLOTS", right},
                      {"CORES", right},
                      {"MEMORY", right},
                      {"GPUS", right},
                      {"HEARD"},
                      {"DOES"}},
                     rows);
    return done;
}

int steer_worker(const std::string& verb, const std::string& worker, const std::string& told, Output& output) {
    json::Object body;
    body["worker"] = worker;
    Desk::open()->ask(verb, body);
    output.say(fmt::format("{} {}", worker, told));
    body["done"] = verb;
    output.json(body);
    return done;
}

}  // namespace atelier::cli
