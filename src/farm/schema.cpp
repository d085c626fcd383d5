#include "farm/schema.h"

#include <array>

namespace atelier::farm {

namespace {

// A task has a row only once it was leased: a step of 10^9 tasks is one row of `steps`. Tasks below a step's cursor
// have rows. An attempt's row is written when it ends; while it runs, the task's row tells all of it.
constexpr const char* first = R"sql(
CREATE TABLE jobs (
    key BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state SMALLINT NOT NULL,
    result SMALLINT,
    stopping SMALLINT,
    priority INTEGER NOT NULL,
    tags TEXT NOT NULL,
    settings TEXT NOT NULL,
    submission TEXT NOT NULL,
    digest TEXT NOT NULL,
    total_tasks BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    progress DOUBLE PRECISION NOT NULL DEFAULT 0,
    seconds_left DOUBLE PRECISION,
    message TEXT NOT NULL DEFAULT '',
    failed_step INTEGER,
    failed_task BIGINT,
    failed_epoch BIGINT
);
CREATE INDEX jobs_by_state ON jobs (state, key);
CREATE INDEX jobs_by_digest ON jobs (digest);

CREATE TABLE steps (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    name TEXT NOT NULL,
    total BIGINT NOT NULL,
    next_task BIGINT NOT NULL DEFAULT 0,
    succeeded BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    wall_seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
    cpu_seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
    peak_memory BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (job, step)
);

CREATE TABLE tasks (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    task BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    epoch BIGINT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    memory_raises INTEGER NOT NULL DEFAULT 0,
    ready_at BIGINT,
    worker TEXT,
    session TEXT,
    log_begin BIGINT,
    checkpoint TEXT,
    PRIMARY KEY (job, step, task)
);

CREATE TABLE attempts (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    task BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    worker TEXT NOT NULL,
    session TEXT NOT NULL,
    result SMALLINT NOT NULL,
    exit_code INTEGER,
    reason TEXT,
    started_at BIGINT,
    ended_at BIGINT NOT NULL,
    log_begin BIGINT NOT NULL DEFAULT 0,
    log_end BIGINT NOT NULL DEFAULT 0,
    wall_seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
    cpu_seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
    peak_memory BIGINT NOT NULL DEFAULT 0,
    bytes_read BIGINT NOT NULL DEFAULT 0,
    bytes_written BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (job, step, task, epoch)
);

CREATE TABLE artifacts (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    parameter TEXT NOT NULL,
    path TEXT NOT NULL,
    step INTEGER NOT NULL,
    task BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    mode INTEGER NOT NULL,
    is_link SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (job, parameter, path)
);
CREATE INDEX artifacts_by_digest ON artifacts (digest);

CREATE TABLE inputs (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    parameter TEXT NOT NULL,
    manifest TEXT NOT NULL,
    PRIMARY KEY (job, parameter)
);

CREATE TABLE metrics (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    task BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL
);
CREATE INDEX metrics_by_task ON metrics (job, step, task, epoch);

CREATE TABLE previews (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    task BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    at BIGINT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (job, step, task, epoch)
);

CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    boot TEXT NOT NULL,
    slots INTEGER NOT NULL,
    capabilities TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE events (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    job BIGINT NOT NULL,
    job_id TEXT NOT NULL,
    step INTEGER,
    task BIGINT,
    epoch BIGINT,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX events_by_job ON events (job, number);

CREATE TABLE asks (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    verb TEXT NOT NULL,
    body TEXT NOT NULL,
    answer TEXT
);
)sql";

// Many machines: owners of jobs, accounts, and what is kept of workers.
constexpr const char* second = R"sql(
ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT 'local';
CREATE INDEX jobs_by_owner ON jobs (owner, key);
CREATE INDEX jobs_by_name ON jobs (name, key);
CREATE INDEX jobs_by_priority ON jobs (priority, key);

ALTER TABLE workers ADD COLUMN token TEXT;
ALTER TABLE workers ADD COLUMN wish SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE workers ADD COLUMN sick_since BIGINT;
ALTER TABLE workers ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';

CREATE TABLE blocks (
    job BIGINT NOT NULL REFERENCES jobs (key) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    worker TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (job, step, worker)
);

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    password TEXT NOT NULL,
    role SMALLINT NOT NULL,
    disabled SMALLINT NOT NULL DEFAULT 0,
    weight DOUBLE PRECISION NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    scope SMALLINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT
);

CREATE TABLE logins (
    hash TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    guard TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    owner TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
);

CREATE TABLE servers (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    schedules SMALLINT NOT NULL DEFAULT 0
);
)sql";

// Lists of many jobs, of one owner or in one state, in each of their orders.
constexpr const char* third = R"sql(
CREATE INDEX jobs_by_owner_and_state ON jobs (owner, state, key);
CREATE INDEX jobs_by_owner_and_name ON jobs (owner, name, key);
CREATE INDEX jobs_by_owner_and_priority ON jobs (owner, priority, key);
CREATE INDEX jobs_by_state_and_name ON jobs (state, name, key);
CREATE INDEX jobs_by_state_and_priority ON jobs (state, priority, key);
)sql";

constexpr std::array all = {db::Migration{1, first}, db::Migration{2, second}, db::Migration{3, third}};

}  // namespace

std::span<const db::Migration> migrations() { return all; }

bool is_up_to_date(db::Connection& connection) {
    const auto row = connection.row<int>("SELECT coalesce(max(number), 0) FROM schema_version");
    return std::get<0>(*row) >= migrations().back().number;
}

}  // namespace atelier::farm
