#include "pipelines/povray/job_ground.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

std::uint64_t size_of(const Fd& file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw Error::from_errno("cannot look at the list of work units");
    return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

JobGround::JobGround(fs::path folder, std::string job_id)
    : folder_(std::move(folder)),
      job_id_(std::move(job_id)),
      list_(open_file(folder_ / units_file, O_RDWR | O_CREAT | O_APPEND, 0600)) {
    fs::create_directory(shared());
    read_list();
}

void JobGround::refresh() {
    if (size_of(list_) != bytes()) read_list();
}

// A line that was cut by a kill is no unit, and makes way for the next one.
void JobGround::read_list() {
    ids_.clear();
    ends_.clear();
    numbers_.clear();
    std::ifstream lines(folder_ / units_file);
    std::uint64_t end = 0;
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
        end += line.size() + 1;
        ids_.push_back(work_unit_from_json(line).work_unit_id);
        ends_.push_back(end);
        numbers_.emplace(ids_.back(), ids_.size() - 1);
    }
    if (::ftruncate(list_.get(), static_cast<off_t>(end)) != 0)
        throw Error::from_errno("cannot go on with the list of work units");
}

fs::path JobGround::place_for(const std::string& name) const {
    check_relative_path(name);
    const auto refuse = [&](const std::string& why) {
        throw Error(Error::Kind::invalid, "nothing can be shared as " + printable(name) + ": " + why, {}, "path");
    };
    const fs::path place = shared() / name;
    std::error_code problem;
    const fs::file_status there = fs::status(place, problem);
    if (problem && problem != std::errc::no_such_file_or_directory && problem != std::errc::not_a_directory)
        refuse(problem.message());
    if (fs::is_directory(there)) refuse("others lie below that name");
    for (fs::path above = place.parent_path(); above != shared(); above = above.parent_path())
        if (fs::is_regular_file(above)) refuse("there is a file of the name of its folder");
    return place;
}

void JobGround::complete(WorkUnit& unit, std::size_t number) const {
    if (unit.work_unit_id.empty()) unit.work_unit_id = fmt::format("unit_{:06}", number);
    if (!unit.job_id.empty() && unit.job_id != job_id_)
        throw Error(Error::Kind::invalid,
                    fmt::format("the work unit {} is of the job {}, not of {}", printable(unit.work_unit_id),
                                printable(unit.job_id), job_id_),
                    "leave out its job_id", "job_id");
    unit.job_id = job_id_;
    if (unit.shared_resource_gcs_prefix.empty())
        unit.shared_resource_gcs_prefix = fmt::format("jobs/{}/shared/", job_id_);
    if (unit.offload_gcs_prefix.empty()) unit.offload_gcs_prefix = fmt::format("jobs/{}/output/", job_id_);
    check(unit);
}

std::vector<WorkUnit> JobGround::add(std::vector<WorkUnit> units) {
    if (units.size() > most_units - count())
        throw Error(Error::Kind::invalid, fmt::format("a job has {} work units at most", most_units));
    std::string text;
    std::map<std::string, std::size_t> added;
    std::vector<std::uint64_t> ends;
    for (WorkUnit& unit : units) {
        const std::size_t number = count() + ends.size();
        complete(unit, number);
        if (numbers_.contains(unit.work_unit_id) || !added.emplace(unit.work_unit_id, number).second)
            throw Error(Error::Kind::invalid, "there is a work unit " + printable(unit.work_unit_id) + " already", {},
                        "work_unit_id");
        const std::size_t begin = text.size();
        text += to_json(unit);
        if (text.size() - begin > longest_unit)
            throw Error(Error::Kind::invalid,
                        fmt::format("the work unit {} is larger than {}", printable(unit.work_unit_id),
                                    format_bytes(longest_unit)),
                        "share what is large");
        text += '\n';
        ends.push_back(bytes() + text.size());
    }
    try {
        write_all(list_.get(), text, folder_ / units_file);
        if (::fdatasync(list_.get()) != 0) throw Error::from_errno("cannot write the list of work units");
    } catch (...) {
        read_list();  // a part of it may be there
        throw;
    }
    for (const WorkUnit& unit : units)
        ids_.push_back(unit.work_unit_id);
    ends_.insert(ends_.end(), ends.begin(), ends.end());
    numbers_.merge(added);
    return units;
}

std::optional<std::size_t> JobGround::number_of(const std::string& work_unit_id) const {
    const auto found = numbers_.find(work_unit_id);
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::string JobGround::text_of(std::size_t number) const {
    const std::uint64_t begin = number == 0 ? 0 : ends_.at(number - 1);
    std::string text(ends_.at(number) - begin - 1, '\0');
    for (std::size_t have = 0; have < text.size();) {
        const ssize_t count =
            ::pread(list_.get(), text.data() + have, text.size() - have, static_cast<off_t>(begin + have));
        if (count <= 0) throw Error::from_errno("cannot read the list of work units");
        have += static_cast<std::size_t>(count);
    }
    return text;
}

void JobGround::lay_plan(const JobOptions& options) const {
    if (ids_.empty()) throw Error(Error::Kind::invalid, "a job without work units does nothing");
    write_file_durably(folder_ / plan_file, povray::to_json(JobPlan{options.allow_gaps, ids_}));
}

}  // namespace atelier::pipelines::povray
