// Results that the farm hasn't taken yet, on the worker's disk: one file each, written only when the farm was away. A
// process that comes later delivers them in the name of the one that wrote them. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "wire/exchange.h"

namespace atelier::worker {

class Spool {
public:
    Spool(std::filesystem::path folder, std::string worker);

    // Its results survive a power cut afterwards. Those that are there already are not written again.
    void keep(const wire::ExchangeRequest& request);
    void keep(const wire::AttemptReport& report, const std::string& boot, std::uint64_t sequence);
    void remove(const wire::ExchangeRequest& request);  // it was answered
    void remove(const std::vector<wire::AttemptId>& attempts);

    // What is left over by former processes, by the boot id under which each of them spoke to the farm. Files that are
    // broken or another worker's are put aside, with a warning.
    struct Left {
        std::string boot;
        std::uint64_t sequence = 0;  // of the last exchange that is known
        std::vector<wire::AttemptReport> attempts;
    };
    std::vector<Left> left();
    void put_aside(const wire::AttemptReport& report, const std::string& why);

private:
    std::filesystem::path file_of(const wire::AttemptId& attempt) const;
    void put_aside(const std::filesystem::path& file, const std::string& why);

    const std::filesystem::path folder_;
    const std::string worker_;
    std::mutex mutex_;
    bool is_empty_ = false;  // known to be: nothing needs to be looked for
};

}  // namespace atelier::worker
