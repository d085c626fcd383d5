// For the farm's tests: a queue on a database of its own, a clock turned by hand, workers that are only messages.
#pragma once

#include <string>

#include "base/files.h"
#include "farm/queries.h"
#include "farm/queue.h"
#include "farm/schema.h"
#include "farm/testing_database.h"
#include "farm/testing_worker.h"

namespace atelier::farm::testing {

struct HandClock final : Clock {
    Micros wall_now = 1'000'000'000'000;
    Steady steady_now{std::chrono::hours(1)};
    Micros wall() const override { return wall_now; }
    Steady steady() const override { return steady_now; }
    void advance(double seconds) {
        wall_now += static_cast<Micros>(seconds * 1e6);
        steady_now += std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    }
};

// A step "Work" with tasks 1 … count, and a step "Gather" after it when asked for. `more` is put into the step (YAML).
inline wire::Submission submission(std::uint64_t count, bool gather = false, const std::string& more = "") {
    wire::Submission made;
    made.job_template = {
        "specificationVersion: jobtemplate-2023-09\nname: Test\nsteps:\n- name: Work\n" + more +
            "  parameterSpace:\n    taskParameterDefinitions:\n    - {name: N, type: INT, range: \"1-" +
            std::to_string(count) + "\"}\n  script: {actions: {onRun: {command: \"true\"}}}\n" +
            (gather ? "- name: Gather\n  dependencies: [{dependsOn: Work}]\n"
                      "  script: {actions: {onRun: {command: \"true\"}}}\n"
                    : ""),
        "yaml", "test.yaml"};
    made.template_folder = "/";
    made.current_folder = "/";
    return made;
}

class Ground {
public:
    explicit Ground(const QueueOptions& chosen = {}) : options(chosen) { open(); }

    void open() {
        connection = db::open(database);
        if (!on_postgres()) connection->script("PRAGMA synchronous = OFF");
        db::migrate(*connection, migrations());
        queue =
            std::make_unique<Queue>(options, clock, [this](const std::string&, std::uint64_t) { return blobs_exist; });
        queue->load(*connection);
    }

    // As after a kill: everything from the database.
    void reopen() {
        queue.reset();
        connection.reset();
        open();
    }

    wire::ExchangeReply exchange(FakeWorker& worker) {
        ++worker.request.sequence;
        wire::ExchangeReply reply = queue->exchange(*connection, worker.request);
        worker.take(reply);
        return reply;
    }

    // Exchanges and succeeds until the worker gets nothing more.
    void work_off(FakeWorker& worker, ResultClass result = ResultClass::succeeded) {
        exchange(worker);
        for (int idle = 0; idle < 2;) {
            idle = worker.request.attempts.empty() && worker.request.sessions.empty() ? idle + 1 : 0;
            worker.end_all(result);
            exchange(worker);
        }
    }

    JobSummary job(const std::string& id) { return job_by_id(*connection, id); }
    std::string submit(const wire::Submission& what, const std::string& owner = "local") {
        return queue->submit(*connection, what, owner);
    }
    void pass(double seconds) {
        clock.advance(seconds);
        queue->tick(*connection);
    }
    std::int64_t count(const std::string& sql) { return std::get<0>(*connection->row<std::int64_t>(sql)); }

    QueueOptions options;
    TemporaryFolder folder;
    const std::string database = fresh_database(folder.path() / "farm.db");
    HandClock clock;
    bool blobs_exist = true;
    std::unique_ptr<db::Connection> connection;
    std::unique_ptr<Queue> queue;
};

}  // namespace atelier::farm::testing
