// The workflow over a work folder and a repository: what the commands and the farm's tasks are made of. Every step may
// be killed at any moment and begun again; an image that fails costs only itself.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "pipelines/sky/feed/source.h"
#include "pipelines/sky/work/work_folder.h"
#include "store/repository.h"

namespace atelier::pipelines::sky {

// What it says, for people; called from one thread at a time.
struct Telling {
    std::function<void(const std::string& line)> say = [](const std::string&) {};
    std::function<void(const std::string& id, const Error& error)> failed = [](const std::string&, const Error&) {};
    std::function<void(std::size_t done, std::size_t of)> progress = [](std::size_t, std::size_t) {};
};

struct Work {
    WorkFolder folder;
    Way way;
    Telling tell;
    store::Repository* repository = nullptr;  // for what needs one
    http::Fetcher* fetcher = nullptr;
};

// How many images came through, and how many didn't.
struct Tally {
    std::size_t done = 0;
    std::size_t failed = 0;
};

// The repository's, with a copy in the work folder; that copy where there is no repository at hand.
Config load_config(const Work& work);

enum class Standing { unknown, published, ignored };

// What the repository says of images: it has ID/index.wtml, or ID/skip.flag. Each is asked for once.
class Standings {
public:
    explicit Standings(store::Repository& repository);
    void ask(const std::vector<std::string>& ids);  // many at a time
    Standing of(const std::string& id);

private:
    Standing look(const std::string& id) const;

    store::Repository& repository_;
    std::set<std::string> folders_;
    std::map<std::string, Standing> known_;
};

// An item that is kept for the image: beside it, or as its candidate. Throws Error::not_found.
json::Value kept_item(const Work& work, const Source& source, const std::string& id);

// Runs one image after another (or several at a time); what is thrown is told, and counted.
Tally each_image(const Work& work, const std::vector<std::string>& ids, std::size_t at_once,
                 const std::function<bool(const std::string& id)>& action);

}  // namespace atelier::pipelines::sky
