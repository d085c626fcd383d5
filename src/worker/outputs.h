// The files that tasks leave at a job's outgoing PATH parameters: what has changed since the last look is a task's
// output. Used in place, the folder is shared by all sessions of the job on this worker, so they share one of these;
// each change is claimed once. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/blobs.h"
#include "wire/exchange.h"

namespace atelier::worker {

// Where one outgoing parameter lies on this machine: a folder, or one file.
struct OutputPlace {
    std::string parameter;
    std::filesystem::path path;
    bool is_file = false;
};

// Whether the link at `path`, below the outgoing folder, leads out of it: such a one is no output.
bool leads_out(const std::filesystem::path& path, const std::filesystem::path& target);

class Outputs {
public:
    Outputs(std::vector<OutputPlace> places, std::shared_ptr<store::Blobs> blobs);

    // Learns what is there already: files older than `since`, and those that are committed.
    void learn(Micros since, const std::vector<wire::Output>& committed);

    // Stores what is new or has changed and isn't still being written by somebody, and claims it. What can't be kept
    // (by its name, or a link that leads out) is left out, with a warning.
    std::vector<wire::Output> take();

    // Leaves out what was claimed again since it was taken: a task may find what another one has half written, and its
    // result must not come after, and take the place of, the whole.
    void drop_superseded(std::vector<wire::Output>& outputs);

    // The farm refused the attempt that claimed these: the next look finds them again.
    void disclaim(const std::vector<wire::Output>& outputs);

private:
    struct Stamp {
        std::uint64_t size = 0;
        std::int64_t modified_ns = 0;
        std::uint64_t inode = 0;
        auto operator<=>(const Stamp&) const = default;
    };
    struct Claim {
        Stamp stamp;
        std::string digest;  // once it is stored
    };
    using Key = std::pair<std::string, std::string>;  // parameter, path

    struct Found {
        const OutputPlace* place = nullptr;
        std::string relative;
        std::filesystem::path file;
        Stamp stamp;
    };

    template <class F>
    void each_file(F&& f) const;
    std::vector<Found> claim_changes();
    bool still_claims(const Found& found, const std::string& digest);
    wire::Output store(const OutputPlace& place, const std::string& relative, const std::filesystem::path& file);

    std::vector<OutputPlace> places_;
    std::shared_ptr<store::Blobs> blobs_;
    std::mutex mutex_;
    std::map<Key, Claim> known_;
};

}  // namespace atelier::worker
