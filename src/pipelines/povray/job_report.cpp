#include "pipelines/povray/job_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "farm/queries.h"
#include "pipelines/povray/job_plan.h"

namespace atelier::pipelines::povray {

namespace {

double seconds_of(const wire::Result& result) { return static_cast<double>(result.ended_at - result.started_at) / 1e6; }

bool is_done(const farm::AttemptRecord& attempt) { return attempt.result.result == farm::ResultClass::succeeded; }

// The last try of each unit.
std::map<std::uint64_t, const farm::AttemptRecord*> last_tries(const std::vector<farm::AttemptRecord>& attempts) {
    std::map<std::uint64_t, const farm::AttemptRecord*> last;
    for (const farm::AttemptRecord& attempt : attempts) {
        if (attempt.id.step != units_step) continue;
        const auto [place, is_new] = last.try_emplace(attempt.id.task, &attempt);
        if (!is_new && place->second->id.epoch < attempt.id.epoch) place->second = &attempt;
    }
    return last;
}

Statistics::PerFrame per_frame(std::vector<double> seconds) {
    if (seconds.empty()) return {};
    std::sort(seconds.begin(), seconds.end());
    const std::size_t middle = seconds.size() / 2;
    const double median = seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
    return {seconds.front(), median, seconds.back()};
}

}  // namespace

std::vector<UnitFailure> failures_among(const std::vector<farm::AttemptRecord>& attempts,
                                        const std::vector<std::string>& ids) {
    std::vector<UnitFailure> failed;
    for (const auto& [task, attempt] : last_tries(attempts))
        if (!is_done(*attempt) && task < ids.size()) failed.push_back({ids[task], attempt->result.reason});
    return failed;
}

Statistics statistics_of(const std::vector<farm::AttemptRecord>& attempts,
                         const std::vector<farm::Artifact>& artifacts) {
    Statistics statistics;
    std::vector<double> seconds;
    std::optional<Micros> first, last;
    std::map<std::uint64_t, int> tries;
    for (const farm::AttemptRecord& attempt : attempts) {
        if (attempt.id.step != units_step) continue;
        const wire::Result& result = attempt.result;
        statistics.cpu_seconds += result.usage.cpu_seconds;
        if (++tries[attempt.id.task] == 2) ++statistics.retried;
        if (result.started_at > 0) first = std::min<Micros>(first.value_or(result.started_at), result.started_at);
        if (result.ended_at > 0) last = std::max<Micros>(last.value_or(result.ended_at), result.ended_at);
        if (!is_done(attempt)) continue;
        ++statistics.frames;
        ++statistics.frames_by_worker[attempt.worker];
        seconds.push_back(seconds_of(result));
    }
    for (const farm::Artifact& artifact : artifacts)
        if (artifact.output.parameter == output_parameter) statistics.bytes += artifact.output.size;
    for (const auto& [task, attempt] : last_tries(attempts))
        statistics.failed += is_done(*attempt) ? 0 : 1;
    if (first && last) statistics.wall_seconds = static_cast<double>(*last - *first) / 1e6;
    statistics.per_frame = per_frame(std::move(seconds));
    return statistics;
}

void require_film(const std::vector<UnitFailure>& failed, std::size_t units, bool allow_gaps, const std::string& how) {
    if (failed.empty() || allow_gaps) return;
    throw Error(Error::Kind::conflict,
                fmt::format("the film isn't made: {} of {} work units failed, the first was {}: {}", failed.size(),
                            units, failed[0].work_unit_id, failed[0].reason),
                how);
}

}  // namespace atelier::pipelines::povray
