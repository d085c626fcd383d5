// The farm as a worker on another machine sees it: over HTTP. Results that can't be told are kept on the disk, and
// those of former processes are told before anything else.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/client.h"
#include "wire/link.h"
#include "worker/log_post.h"
#include "worker/spool.h"
#include "worker/transfer.h"

namespace atelier::worker {

class RemoteLink final : public wire::FarmLink {
public:
    // spool: a folder of this worker alone. transfer: brings the outputs of results that a former process has left.
    RemoteLink(std::shared_ptr<http::Client> client, std::string worker, const std::filesystem::path& spool,
               std::shared_ptr<Transfer> transfer = std::make_shared<SharedStore>());
    ~RemoteLink() override;

    wire::ExchangeReply exchange(const wire::ExchangeRequest& request, std::chrono::milliseconds patience) override;
    void interrupt() override {
        is_interrupted_ = true;
        client_->interrupt();
    }
    std::shared_ptr<const wire::JobOrder> order(const std::string& job) override;
    std::vector<wire::Output> outputs(const std::string& job, std::optional<std::uint32_t> before_step) override;
    void keep(const wire::AttemptReport& report) override;
    void forget(const std::vector<wire::AttemptId>& attempts) override { spool_.remove(attempts); }
    // Never wait and never fail: logs are sent in the background.
    void write_log(const std::string& job, const std::string& session, std::uint64_t offset,
                   std::string_view bytes) override {
        logs_.write(job, session, offset, bytes);
    }
    void end_log(const std::string& job, const std::string& session) override { logs_.end(job, session); }

private:
    std::string path(std::string_view rest) const;
    std::string path(const std::string& job, std::string_view rest) const;
    wire::ExchangeReply tell(const wire::ExchangeRequest& request, std::chrono::milliseconds patience);
    void deliver_left_over(const wire::ExchangeRequest& like);
    void deliver_left_over(const wire::ExchangeRequest& like, Spool::Left& left);
    bool bring_outputs(const wire::AttemptReport& report);
    void send_logs_first(const wire::ExchangeRequest& request);
    json::Value get_patiently(const std::string& path);
    LogPost::Carrier carrier();

    const std::shared_ptr<http::Client> client_;
    const std::string worker_;
    Spool spool_;
    const std::shared_ptr<Transfer> transfer_;
    std::unique_ptr<Transfer::Use> left_over_;  // while there is something, so that its outputs stay
    bool left_over_told_ = false;
    std::atomic<bool> is_interrupted_ = false;
    std::atomic<bool> brings_wait_ = false;
    int logs_failed_ = 0;  // exchanges in a row that were put off because of a log
    std::chrono::milliseconds lease_{60'000};
    std::mutex mutex_;
    std::string boot_;            // of the exchange that was told last,
    std::uint64_t sequence_ = 0;  // and its number
    std::map<std::string, std::weak_ptr<const wire::JobOrder>> orders_;
    std::atomic<bool> stopping_ = false;
    LogPost logs_;
};

}  // namespace atelier::worker
