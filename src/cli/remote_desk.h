// A server as a desk: all that a command asks goes over HTTP.
#pragma once

#include "cli/desk.h"
#include "cli/served.h"
#include "http/client.h"
#include "store/hash_cache.h"

namespace atelier::cli {

class RemoteDesk final : public Desk {
public:
    explicit RemoteDesk(http::ClientOptions options) : client_(std::move(options)) {}

    http::Client& client() { return client_; }

    std::string job(const std::string& beginning) override;
    farm::JobPage jobs(const farm::JobFilter& filter) override;
    Details details(const std::string& job) override;
    std::vector<farm::AttemptRecord> attempts(const std::string& job, std::optional<std::uint32_t> step,
                                              std::optional<std::uint64_t> task) override;
    std::optional<farm::AttemptRecord> attempt(const wire::AttemptId& id) override;
    std::vector<farm::RunningAttempt> running(const std::string& job) override;
    std::vector<farm::EventRecord> events(const std::string& job, std::int64_t after, int limit) override;
    std::vector<farm::Artifact> artifacts(const std::string& job) override;
    wire::Submission submission(const std::string& job) override;
    wire::Settings settings(const std::string& job) override;
    void read_log(const std::string& job, const std::string& session, std::uint64_t begin, std::uint64_t end,
                  const std::function<void(std::string_view)>& sink) override;
    std::vector<farm::WorkerView> workers() override;
    bool is_served() override { return true; }
    Submitted submit(const wire::Submission& submission) override;
    json::Value ask(const std::string& verb, const json::Object& body) override;
    using Desk::ask;
    void store_inputs(wire::Submission& submission, const InputFiles& only) override;
    void fetch(const std::string& job, const wire::Output& output, const std::filesystem::path& folder) override;

private:
    std::string send(const std::filesystem::path& path, const std::vector<std::string>* only, store::HashCache& cache);

    http::Client client_;
};

}  // namespace atelier::cli
