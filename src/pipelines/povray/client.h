// A Job, as a program sees it: shared resources and work units are added, it is run on a Cluster, and its pictures, its
// film and its statistics come from it. Belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "media/film.h"
#include "pipelines/povray/cluster.h"
#include "pipelines/povray/work_unit.h"

namespace atelier::farm {
struct AttemptRecord;
}

namespace atelier::pipelines::povray {

struct JobOptions {
    std::string name = "job";
    bool allow_gaps = false;  // a film also without the frames that failed
    bool trust = false;       // without the sandbox
    int max_tries = 2;
    int priority = 50;
};

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
    std::uint64_t bytes = 0;  // of all outputs
};

class Job {
public:
    Job(Cluster cluster, JobOptions options);

    const std::string& id() const { return id_; }            // this program's, drawn at once; in the units' JSON
    const std::string& farm_id() const { return farm_id_; }  // the farm's; empty before it runs

    // A file or a folder, for all units at ./shared/NAME.
    void add_shared(const std::filesystem::path& path);
    void add_shared(const std::string& name, std::string_view bytes);
    // Completes its ids and prefixes; what it is then.
    const WorkUnit& add(WorkUnit unit);
    const std::vector<WorkUnit>& units() const { return units_; }

    void start();  // without waiting
    bool run();    // start and wait
    // Asks with longer and longer pauses until the job has ended; true when every unit is done.
    bool wait();
    bool ended() const;
    void retry_failed();  // those that failed, and nothing else; wait() follows
    void cancel();

    std::vector<UnitFailure> failures() const;
    // Brings all outputs into the folder; the pictures among them, by name.
    std::vector<std::filesystem::path> images(const std::filesystem::path& folder) const;
    // The pictures as a film, beside images(). Throws Error that names what failed, unless gaps are allowed.
    std::filesystem::path video(const std::filesystem::path& film, const media::FilmSettings& settings = {}) const;
    Statistics statistics() const;

private:
    std::string submission() const;
    std::vector<farm::AttemptRecord> attempts() const;

    Cluster cluster_;
    JobOptions options_;
    std::string id_;
    std::string farm_id_;
    std::vector<WorkUnit> units_;
    TemporaryFolder ground_;  // what is shared, and the units, until they are with the farm
};

}  // namespace atelier::pipelines::povray
