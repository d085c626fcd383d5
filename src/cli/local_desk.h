// The data folder of this machine as a desk: it reads the database itself, and asks for changes: of a farm that it
// opens for the moment, or, when another process owns the folder, of that one.
#pragma once

#include "cli/desk.h"
#include "farm/layout.h"

namespace atelier::cli {

class LocalDesk final : public Desk {
public:
    LocalDesk();  // of home_folder()
    explicit LocalDesk(farm::Layout layout) : layout_(std::move(layout)) {}

    LocalDesk* local() override { return this; }
    const farm::Layout& layout() const { return layout_; }
    db::Connection& reader();  // throws Error::not_found when nothing was ever submitted here
    // Leaves an ask with the owner and waits for its answer; nothing when the owner left without one.
    std::optional<json::Value> ask_owner(const std::string& verb, const json::Object& body);
    bool has_owner() const;  // another process owns the data folder now
    bool has_tables();       // the first farm of this folder has come so far that there is something to read

    std::string job(const std::string& beginning) override { return farm::find_job(reader(), beginning); }
    farm::JobPage jobs(const farm::JobFilter& filter) override { return farm::list_jobs(reader(), filter); }
    Details details(const std::string& job) override {
        return {farm::job_by_id(reader(), job), farm::steps_of(reader(), job)};
    }
    std::vector<farm::AttemptRecord> attempts(const std::string& job, std::optional<std::uint32_t> step,
                                              std::optional<std::uint64_t> task) override;
    std::optional<farm::AttemptRecord> attempt(const wire::AttemptId& id) override;
    std::vector<farm::RunningAttempt> running(const std::string& job) override;
    std::vector<farm::EventRecord> events(const std::string& job, std::int64_t after, int limit) override;
    std::vector<farm::Artifact> artifacts(const std::string& job) override;
    wire::Submission submission(const std::string& job) override { return farm::submission_of(reader(), job); }
    wire::Settings settings(const std::string& job) override { return farm::settings_of(reader(), job); }
    void read_log(const std::string& job, const std::string& session, std::uint64_t begin, std::uint64_t end,
                  const std::function<void(std::string_view)>& sink) override;
    std::vector<farm::WorkerView> workers() override;
    bool is_served() override { return has_owner(); }
    Submitted submit(const wire::Submission& submission) override;
    json::Value ask(const std::string& verb, const json::Object& body) override;
    using Desk::ask;
    void store_inputs(wire::Submission& submission, const InputFiles& only) override;
    void fetch(const std::string& job, const wire::Output& output, const std::filesystem::path& folder) override;

private:
    bool bring_up_to_date();

    farm::Layout layout_;
    std::unique_ptr<db::Connection> reader_;
    std::shared_ptr<store::Blobs> blobs_;
};

}  // namespace atelier::cli
