// Lists of jobs: filtered and sorted by the database, page by page, as quick with 10^5 jobs as with ten.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "db/db.h"
#include "farm/queries.h"

namespace atelier::farm {

enum class JobOrderBy { submitted, name, priority };

struct JobFilter {
    std::optional<JobState> state;
    std::string tag;
    std::string owner;  // empty: of all
    std::string name;   // a part of it, in any case
    bool with_archived = false;
    JobOrderBy sort = JobOrderBy::submitted;
    bool ascending = false;
    int limit = 100;
    std::string cursor;  // JobPage::next of the page before
};

struct JobPage {
    std::vector<JobSummary> jobs;
    std::string next;  // where the next page begins; empty on the last one
};

// Throws Error::invalid for a cursor that is none, or is of another order.
JobPage list_jobs(db::Connection& connection, const JobFilter& filter = {});

// For queries.cpp: the jobs that meet a condition on the table `jobs`.
std::vector<JobSummary> read_jobs(db::Connection& connection, const std::string& condition,
                                  std::span<const db::Bound> values);

}  // namespace atelier::farm
