// Jobs that are being put together on the server: shared resources and work units come one after the other, and lie in
// the data folder, so that they outlast the process. A draft that nobody has touched for a day is removed. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "farm/farm.h"
#include "pipelines/povray/job_ground.h"
#include "pipelines/povray/job_plan.h"

namespace atelier::pipelines::povray {

struct DraftLimits {
    double seconds_kept = 24 * 3600;     // without being touched
    std::size_t most_of_one_owner = 20;  // at a time
    std::uint64_t most_bytes = 64ull << 30;
    std::size_t most_files = 100'000;  // shared ones
};

struct Draft {
    std::string id;
    std::string owner;
    JobOptions options;
    UnitFilm film;
    std::filesystem::path folder;
    std::atomic<std::uint64_t> shared_bytes = 0;
    std::atomic<std::size_t> shared_files = 0;
    std::mutex mutex;  // of the next two
    std::optional<JobGround> ground;
    bool is_closed = false;  // it is being handed to the farm, or removed
};

class Drafts {
public:
    explicit Drafts(farm::Farm& farm, const DraftLimits& limits = {});

    // Throws Error: invalid for what no farm would take, exhausted when the owner has too many.
    std::shared_ptr<Draft> begin(const std::string& owner, const JobOptions& options, const UnitFilm& film);
    std::shared_ptr<Draft> find(const std::string& id);  // nothing when there is none, or it is a job already
    std::vector<std::shared_ptr<Draft>> all(const std::string& owner);  // empty: of all

    std::vector<WorkUnit> add(Draft& draft, std::vector<WorkUnit> units);
    // Stores what the draft holds, makes the job of it, under the same id, and forgets the draft. When it throws, the
    // draft is as it was.
    void run(Draft& draft);
    void remove(Draft& draft);  // Error::conflict while it is being handed to the farm

    // One shared resource on its way in. Nothing is left of one that isn't kept.
    class Arrival {
    public:
        // length: as announced, where it was.
        Arrival(Drafts& drafts, std::shared_ptr<Draft> draft, std::string name, std::optional<std::uint64_t> length);
        ~Arrival();
        Arrival(const Arrival&) = delete;
        Arrival& operator=(const Arrival&) = delete;

        void take(std::string_view piece);  // throws http::Refusal for more than a job may have
        bool keep();                        // under its name; true when there was none of that name
        std::uint64_t bytes() const { return bytes_; }

    private:
        void require_room(std::uint64_t bytes) const;

        Drafts& drafts_;
        const std::shared_ptr<Draft> draft_;
        const std::string name_;
        std::filesystem::path path_;
        Fd file_;
        std::uint64_t bytes_ = 0;
        bool is_kept_ = false;
    };

private:
    std::shared_ptr<Draft> load(const std::string& id);
    void load_all();
    void forget_old();
    void forget(const std::string& id);
    bool is_job(const std::string& id);
    void touch(const Draft& draft) const;
    static void require_open(const Draft& draft);

    farm::Farm& farm_;
    const DraftLimits limits_;
    const std::filesystem::path folder_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Draft>> drafts_;  // that were looked at
};

}  // namespace atelier::pipelines::povray
