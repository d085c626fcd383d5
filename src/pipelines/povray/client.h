// A Job, as a program sees it: shared resources and work units are added, it is run on a Cluster, and its pictures, its
// film and its statistics come from it. Belongs to one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "media/film.h"
#include "pipelines/povray/cluster.h"
#include "pipelines/povray/job_ground.h"
#include "pipelines/povray/job_plan.h"
#include "pipelines/povray/job_report.h"
#include "pipelines/povray/work_unit.h"

namespace atelier::farm {
struct AttemptRecord;
}

namespace atelier::pipelines::povray {

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
    TemporaryFolder folder_;  // what is shared, and the units, until they are with the farm
    JobGround ground_{folder_.path(), id_};
};

}  // namespace atelier::pipelines::povray
