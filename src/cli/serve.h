// `atelier serve`: the farm for others, over HTTP, with workers of its own when there is room for them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/output.h"

namespace atelier::api {
struct Craft;
}

namespace atelier::cli {

struct ServeRequest {
    std::string listen = "127.0.0.1:7070";
    std::filesystem::path data;    // empty: the data folder of this machine
    std::string database;          // a URL; empty: SQLite in the data folder
    std::string workers = "auto";  // tasks at one time here: a number, 0 for none, or auto for one a core
    std::filesystem::path certificate;
    std::filesystem::path key;
    std::string url;  // where other servers of the same database reach this one
    std::string fairness = "balanced";
    double lease_seconds = 60;  // a worker that was silent for so long has lost its tasks
    const std::vector<api::Craft>* crafts = nullptr;
};

int serve(const ServeRequest& request, Output& output);

}  // namespace atelier::cli
