// The farm as a worker in this process sees it.
#pragma once

#include <atomic>

#include "farm/farm.h"
#include "wire/link.h"

namespace atelier::farm {

class LocalLink final : public wire::FarmLink {
public:
    explicit LocalLink(Farm& farm) : farm_(farm) {}

    wire::ExchangeReply exchange(const wire::ExchangeRequest& request, std::chrono::milliseconds patience) override;
    void interrupt() override;
    std::shared_ptr<const wire::JobOrder> order(const std::string& job) override { return farm_.order(job); }
    std::vector<wire::Output> outputs(const std::string& job, std::optional<std::uint32_t> before_step) override {
        return farm_.outputs(job, before_step);
    }
    void write_log(const std::string& job, const std::string& session, std::uint64_t offset,
                   std::string_view bytes) override {
        farm_.logs().write(job, session, offset, bytes);
    }
    void end_log(const std::string& job, const std::string& session) override { farm_.logs().end(job, session); }

private:
    Farm& farm_;
    std::atomic<bool> interrupted_ = false;
};

}  // namespace atelier::farm
