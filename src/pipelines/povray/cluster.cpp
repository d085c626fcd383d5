#include "pipelines/povray/cluster.h"

#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "cli/home.h"
#include "cli/local_desk.h"
#include "cli/local_farm.h"
#include "cli/remote_desk.h"
#include "cli/served.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

struct Cluster::State {
    ~State() {
        if (farm) farm->interrupt();
    }

    std::unique_ptr<cli::Desk> desk;
    std::unique_ptr<cli::LocalFarm> farm;
};

namespace {

// POV-Ray sleeps for most of the time that a light frame takes.
constexpr int tasks_per_core = 2;

std::string text_at(const json::Object& object, const char* key) {
    const json::Value* value = object.if_contains(key);
    if (value == nullptr) return {};
    if (!value->is_string()) throw Error(Error::Kind::invalid, std::string(key) + " is not a text");
    return std::string(value->get_string());
}

}  // namespace

Cluster Cluster::at(const std::string& address, const std::string& token, const fs::path& authority) {
    auto state = std::make_shared<State>();
    http::ClientOptions options;
    options.url = address;
    options.token = token;
    options.authority = authority;
    state->desk = std::make_unique<cli::RemoteDesk>(std::move(options));
    return Cluster(std::move(state));
}

Cluster Cluster::here(const fs::path& data_folder, int workers) {
    auto state = std::make_shared<State>();
    const farm::Layout layout{data_folder.empty() ? cli::home_folder() : fs::absolute(data_folder)};
    layout.create();
    state->farm = std::make_unique<cli::LocalFarm>(layout, workers > 0 ? workers : tasks_per_core * usable_cores());
    state->desk = std::make_unique<cli::LocalDesk>(layout);
    return Cluster(std::move(state));
}

Cluster Cluster::from_file(const fs::path& file) {
    const json::Value value = json::parse(read_file(file));
    if (!value.is_object()) throw Error(Error::Kind::invalid, file.string() + " holds no JSON object");
    const json::Object& told = value.get_object();
    const fs::path folder = fs::absolute(file).parent_path();
    const auto path_at = [&](const char* key) {
        const std::string text = text_at(told, key);
        return text.empty() ? fs::path() : folder / text;
    };
    if (const std::string server = text_at(told, "server"); !server.empty()) {
        const fs::path token_file = path_at("token_file");
        return at(server, token_file.empty() ? "" : cli::secret_from(token_file), path_at("authority"));
    }
    const json::Value* workers = told.if_contains("workers");
    return here(path_at("data_folder"),
                workers != nullptr && workers->is_int64() ? static_cast<int>(workers->get_int64()) : 0);
}

Cluster Cluster::from_environment() {
    if (const std::string file = cli::process_environment("ATELIER_CLUSTER"); !file.empty()) return from_file(file);
    const auto server = cli::server_to_use();
    return server ? at(server->url, server->token, server->authority) : here();
}

cli::Desk& Cluster::desk() const { return *state_->desk; }

json::Value Cluster::ask(const std::string& verb, const std::string& job, bool failed_only) const {
    json::Object body;
    body["job"] = job;
    if (verb == "retry") body["whole"] = !failed_only;
    return state_->farm ? state_->farm->farm().perform(verb, body) : state_->desk->ask(verb, body);
}

std::string Cluster::submit(const std::string& submission) const {
    if (!state_->farm) return state_->desk->submit(wire::submission_from_json(submission)).job;
    json::Object body;
    body["submission"] = json::parse(submission);
    return std::string(state_->farm->farm().perform("submit", body).as_string());
}

}  // namespace atelier::pipelines::povray
