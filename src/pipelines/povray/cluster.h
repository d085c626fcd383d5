// Where the farm is that a program's jobs run on: a server, or a farm of this process, which lasts as long as the
// Cluster. A program that brings a farm of its own begins its main with
//     if (atelier::process::run_as_keeper(argc, argv)) return 0;
// since what it runs is started by a copy of it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"

namespace atelier::cli {
class Desk;
}

namespace atelier::pipelines::povray {

class Cluster {
public:
    static Cluster at(const std::string& address, const std::string& token = {},
                      const std::filesystem::path& authority = {});
    // data_folder: empty for that of this person. workers: tasks at the same time, 0 for two a core.
    static Cluster here(const std::filesystem::path& data_folder = {}, int workers = 0);
    // JSON: {"server": "https://farm:7070", "token_file": "farm.token", "authority": "farm.pem"}, or
    // {"data_folder": "farm", "workers": 4}; paths are taken from the file's folder.
    static Cluster from_file(const std::filesystem::path& file);
    // ATELIER_CLUSTER names such a file; else ATELIER_SERVER a server; else the server of this machine's data folder;
    // else a farm of this process.
    static Cluster from_environment();

    cli::Desk& desk() const;
    json::Value ask(const std::string& verb, const std::string& job, bool failed_only = false) const;
    std::string submit(const std::string& submission) const;  // as JSON; the job's id

private:
    struct State;
    explicit Cluster(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

}  // namespace atelier::pipelines::povray
