#include "farm/job_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace atelier::farm {

namespace {

constexpr const char* job_columns =
    "SELECT key, id, name, owner, state, priority, tags, total_tasks, progress, seconds_left, submitted_at, "
    "started_at, ended_at, message, failed_step, failed_task, failed_epoch, "
    "(SELECT coalesce(sum(succeeded), 0) FROM steps WHERE steps.job = jobs.key), "
    "(SELECT coalesce(sum(failed), 0) FROM steps WHERE steps.job = jobs.key) FROM jobs ";

template <class T>
T column(const db::Row& row, int index) {
    return db::detail::column<T>(row, index);
}

JobSummary summary_of(const db::Row& row) {
    JobSummary job;
    job.key = column<std::int64_t>(row, 0);
    job.id = column<std::string>(row, 1);
    job.name = column<std::string>(row, 2);
    job.owner = column<std::string>(row, 3);
    job.state = column<JobState>(row, 4);
    job.priority = column<int>(row, 5);
    for (const std::string_view tag : split(row.text(6), ','))
        if (!tag.empty()) job.tags.emplace_back(tag);
    job.total_tasks = column<std::uint64_t>(row, 7);
    job.progress = column<double>(row, 8);
    job.seconds_left = column<std::optional<double>>(row, 9);
    job.submitted_at = column<Micros>(row, 10);
    job.started_at = column<std::optional<Micros>>(row, 11);
    job.ended_at = column<std::optional<Micros>>(row, 12);
    job.message = column<std::string>(row, 13);
    if (!row.is_null(14))
        job.first_failure = wire::AttemptId{job.id, column<std::uint32_t>(row, 14), column<std::uint64_t>(row, 15),
                                            column<std::int64_t>(row, 16)};
    job.succeeded = column<std::uint64_t>(row, 17);
    job.failed = column<std::uint64_t>(row, 18);
    return job;
}

// A condition with its values, put together piece by piece.
class Condition {
public:
    void also(const std::string& text) { text_ += (text_.empty() ? "WHERE " : " AND ") + text; }
    template <class T>
    std::string value(const T& given) {
        values_.push_back(db::detail::bound(given));
        return "$" + std::to_string(values_.size());
    }
    const std::string& text() const { return text_; }
    std::span<const db::Bound> values() const { return values_; }

private:
    std::string text_;
    std::vector<db::Bound> values_;
};

const char* column_of(JobOrderBy sort) {
    switch (sort) {
        case JobOrderBy::submitted: return "key";
        case JobOrderBy::name: return "name";
        case JobOrderBy::priority: return "priority";
    }
    return "key";
}

std::string value_of(const JobSummary& job, JobOrderBy sort) {
    if (sort == JobOrderBy::name) return job.name;
    return sort == JobOrderBy::priority ? std::to_string(job.priority) : std::to_string(job.key);
}

struct Cursor {
    std::int64_t key = 0;
    std::string value;
    std::int64_t number = 0;  // the value, where it is one
};

// "KEY~COLUMN~VALUE" of the last job of the page before.
Cursor parse_cursor(const std::string& text, JobOrderBy sort) {
    const std::size_t first = text.find('~');
    const std::size_t second = first == std::string::npos ? first : text.find('~', first + 1);
    const auto key = first == std::string::npos ? std::nullopt : parse_int(text.substr(0, first));
    if (second == std::string::npos || !key || text.substr(first + 1, second - first - 1) != column_of(sort))
        throw Error(Error::Kind::invalid, "the cursor is not one of this list", "begin again without a cursor",
                    "cursor");
    Cursor cursor{*key, text.substr(second + 1), 0};
    if (sort != JobOrderBy::name) {
        const auto number = parse_int(cursor.value);
        if (!number) throw Error(Error::Kind::invalid, "the cursor is broken", "begin again without one", "cursor");
        cursor.number = *number;
    }
    return cursor;
}

std::string escaped_for_like(const std::string& text) {
    std::string escaped;
    for (const char letter : text) {
        if (letter == '%' || letter == '_' || letter == '!') escaped += '!';
        escaped += letter;
    }
    return escaped;
}

}  // namespace

std::vector<JobSummary> read_jobs(db::Connection& connection, const std::string& condition,
                                  std::span<const db::Bound> values) {
    std::vector<JobSummary> jobs;
    connection.execute(job_columns + condition, values, [&](const db::Row& row) { jobs.push_back(summary_of(row)); });
    return jobs;
}

JobPage list_jobs(db::Connection& connection, const JobFilter& filter) {
    Condition where;
    const std::string tag = "%," + escaped_for_like(filter.tag) + ",%";
    const std::string name = "%" + escaped_for_like(filter.name) + "%";
    if (filter.state) where.also("state = " + where.value(*filter.state));
    if (!filter.state && !filter.with_archived) where.also("state <> " + where.value(JobState::archived));
    if (!filter.owner.empty()) where.also("owner = " + where.value(filter.owner));
    if (!filter.tag.empty()) where.also("tags LIKE " + where.value(tag) + " ESCAPE '!'");
    if (!filter.name.empty()) where.also("lower(name) LIKE lower(" + where.value(name) + ") ESCAPE '!'");
    const std::string column = column_of(filter.sort);
    Cursor cursor;
    if (!filter.cursor.empty()) {
        cursor = parse_cursor(filter.cursor, filter.sort);
        const std::string beyond = filter.ascending ? " > " : " < ";
        const std::string value =
            filter.sort == JobOrderBy::name ? where.value(cursor.value) : where.value(cursor.number);
        where.also(fmt::format("({}, key){}({}, {})", column, beyond, value, where.value(cursor.key)));
    }
    const char* direction = filter.ascending ? "ASC" : "DESC";
    const int limit = std::max(1, filter.limit);
    // By its key alone a job's place is told; with the key twice a database would sort.
    const std::string second = filter.sort == JobOrderBy::submitted ? "" : fmt::format(", key {}", direction);
    const std::string order =
        fmt::format(" ORDER BY {} {}{} LIMIT {}", column, direction, second, where.value(limit + 1));
    JobPage page;
    page.jobs = read_jobs(connection, where.text() + order, where.values());
    if (page.jobs.size() > static_cast<std::size_t>(limit)) {
        page.jobs.pop_back();
        const JobSummary& last = page.jobs.back();
        page.next = fmt::format("{}~{}~{}", last.key, column, value_of(last, filter.sort));
    }
    return page;
}

}  // namespace atelier::farm
