// What became of a job's work units, told by the tries that the farm knows of: the same for a program and over REST.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace atelier::farm {
struct AttemptRecord;
struct Artifact;
}  // namespace atelier::farm

namespace atelier::pipelines::povray {

struct UnitFailure {
    std::string work_unit_id;
    std::string reason;
};

struct Statistics {
    std::uint64_t frames = 0;  // that are done
    std::uint64_t failed = 0;  // for good
    std::uint64_t retried = 0;
    double cpu_seconds = 0;
    double wall_seconds = 0;  // from the first start to the last end
    struct PerFrame {
        double least = 0, median = 0, greatest = 0;  // seconds of wall time
    } per_frame;
    std::map<std::string, std::uint64_t> frames_by_worker;
    std::uint64_t bytes = 0;  // of all that the units made
};

// Those whose last try went wrong. ids: of the units, by number.
std::vector<UnitFailure> failures_among(const std::vector<farm::AttemptRecord>& attempts,
                                        const std::vector<std::string>& ids);

Statistics statistics_of(const std::vector<farm::AttemptRecord>& attempts,
                         const std::vector<farm::Artifact>& artifacts);

// Throws Error::conflict that names what failed, unless gaps are allowed. how: what draws those again, and what allows
// gaps.
void require_film(const std::vector<UnitFailure>& failed, std::size_t units, bool allow_gaps, const std::string& how);

}  // namespace atelier::pipelines::povray
