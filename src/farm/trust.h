// Which worker is trusted with what: a worker that keeps failing a step's tasks gets no more of that step (a block),
// and one that fails what succeeds elsewhere gets nothing at all for a while (quarantine). Both are forgiven, by time
// or by hand. Changes the board and the ledger together, like the queue, which alone calls it.
#pragma once

#include <string>

#include "base/time.h"
#include "db/db.h"
#include "farm/board.h"
#include "farm/ledger.h"

namespace atelier::farm::trust {

constexpr std::size_t failed_tasks_of_a_block = 3;
constexpr double block_seconds = 5 * 3600;
constexpr std::size_t failures_of_the_sick = 3;  // in a row, of two jobs or more, that succeeded elsewhere
constexpr double quarantine_seconds = 30 * 60;   // then it is given one task, and by that it is judged

// The worker failed the task. True when that blocks it for the step: then its failures there are taken back.
bool note_failure(db::Connection& connection, Workers& workers, JobBoard& job, const ledger::TaskKey& key,
                  const std::string& worker, const Clock& clock);

void note_success(db::Connection& connection, Workers& workers, StepBoard& step, const ledger::TaskKey& key,
                  const LiveTask& task, const std::string& worker, const Clock& clock);

void load(db::Connection& connection, JobBoard& job, const Clock& clock);
bool forgive_old(db::Connection& connection, JobBoard& job, const Clock& clock);
void forgive(db::Connection& connection, JobBoard& job, const std::string& worker);
void cure(db::Connection& connection, WorkerBoard& worker);

Steady end_of_quarantine(std::optional<Micros> since, const Clock& clock);

}  // namespace atelier::farm::trust
