// Where a job is put together until it is with the farm: a folder with what is shared and the list of its work units,
// complete and checked, each on the disk when add() returns. Belongs to one thread at a time; what lies in a folder
// already is gone on with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "pipelines/povray/job_plan.h"
#include "pipelines/povray/work_unit.h"

namespace atelier::pipelines::povray {

constexpr std::size_t most_units = 100'000;

class JobGround {
public:
    JobGround(std::filesystem::path folder, std::string job_id);

    std::filesystem::path shared() const { return folder_ / shared_folder; }
    // Where a shared resource of this name is to be laid. Throws Error::invalid for a name that can't be.
    std::filesystem::path place_for(const std::string& name) const;

    // Completes their ids and prefixes, and takes all of them or none. Throws Error::invalid that names what is wrong.
    std::vector<WorkUnit> add(std::vector<WorkUnit> units);

    std::size_t count() const { return ids_.size(); }
    std::uint64_t bytes() const { return ends_.empty() ? 0 : ends_.back(); }  // of the units
    const std::vector<std::string>& ids() const { return ids_; }
    std::optional<std::size_t> number_of(const std::string& work_unit_id) const;
    std::string text_of(std::size_t number) const;  // of a unit, its JSON
    void refresh();                                 // another process has added units

    // Lays what a submission names besides below the folder. Throws Error::invalid for a job without units.
    void lay_plan(const JobOptions& options) const;

private:
    void read_list();
    void complete(WorkUnit& unit, std::size_t number) const;

    const std::filesystem::path folder_;
    const std::string job_id_;
    Fd list_;  // a line a unit
    std::vector<std::string> ids_;
    std::vector<std::uint64_t> ends_;  // of each unit's line
    std::map<std::string, std::size_t> numbers_;
};

}  // namespace atelier::pipelines::povray
