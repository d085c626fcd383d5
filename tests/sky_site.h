// For the tests of the sky workflow: a web site on loopback with the feeds and images of the shared data, which can be
// told to stumble; a ground with a repository; and trees of files to compare.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "http/scripted_server.h"
#include "program.h"

namespace atelier::tests {

// Files below www/, folders by their index.html. Addresses of the recorded site in texts become its own.
class SkySite {
public:
    SkySite();

    std::string url(const std::string& path = "/") const { return server_->url(path); }
    std::size_t asked(const std::string& path) const;  // how often
    std::size_t asked() const { return server_->count(); }

    // Instead of the file: the whole answer; nothing: the file after all. Set before anything is asked.
    std::function<std::optional<std::string>(const std::string& path, const std::string& head)> instead;

private:
    std::string answer(const std::string& head) const;
    std::string content(const std::string& path, bool& found) const;

    std::string own_;
    std::unique_ptr<http::testing_support::ScriptedServer> server_;
};

std::string path_asked(const std::string& head);

// A ground with the folders repo/ and work/ (made by the commands), and the config of one of the shared data's.
class SkyGround : public Ground {
public:
    explicit SkyGround(const SkySite& site, const std::string& config = "config_old.yaml");
    // `atelier WORDS` in the ground; its exit status must be this one.
    Ended sky(const std::vector<std::string>& words, int status = 0) const;
    void whole_old_run() const;                             // fetch, process, publish, reindex
    std::set<std::string> tree() const;                     // "repo/...", "work/...": files alone
    std::map<std::string, std::string> repository() const;  // name → content
};

// The same of a recorded snapshot.
std::set<std::string> recorded_tree(const std::string& snapshot);

// What stands in the one and not in the other, told by + and -.
std::vector<std::string> differences(const std::set<std::string>& made, const std::set<std::string>& truth);

// Numbers to 1e-9, everything else exactly; attributes and texts by their place: "Place/@RA".
std::map<std::string, std::string> values_of_wtml(const std::string& text);
void expect_same_wtml(const std::string& made, const std::string& truth, const std::set<std::string>& added,
                      const std::string& what);

std::filesystem::path sky_pipeline_data();

}  // namespace atelier::tests
