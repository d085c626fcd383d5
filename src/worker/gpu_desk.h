// Hands out the graphics cards of this worker: a session has those that its step asked for, by their UUID, to itself,
// and gives them back at its end. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "job/model.h"
#include "wire/exchange.h"

namespace atelier::worker {

// How many cards a step asks for.
std::size_t gpus_wanted(const job::Step& step);

class GpuDesk {
public:
    explicit GpuDesk(const std::vector<wire::Gpu>& gpus);

    // Given back when it is destroyed; the desk must live until then.
    class Hold {
    public:
        Hold() = default;
        Hold(GpuDesk& desk, std::vector<std::string> uuids) : desk_(&desk), uuids_(std::move(uuids)) {}
        ~Hold();
        Hold(Hold&& other) noexcept { *this = std::move(other); }
        Hold& operator=(Hold&& other) noexcept;
        const std::vector<std::string>& uuids() const { return uuids_; }

    private:
        GpuDesk* desk_ = nullptr;
        std::vector<std::string> uuids_;
    };

    bool has_gpus() const { return total_ > 0; }

    // Waits until as many are free: the session that had them may be about to leave. Nothing when that took too long;
    // Error::exhausted when this worker never has so many.
    std::optional<Hold> take(std::size_t count, std::chrono::milliseconds at_most);

private:
    void give_back(const std::vector<std::string>& uuids);

    const std::size_t total_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> free_;
};

}  // namespace atelier::worker
