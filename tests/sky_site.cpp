#include "sky_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "base/text.h"
#include "pipelines/sky/fits/testing_sky.h"

namespace atelier::tests {

namespace fs = std::filesystem;
using http::testing_support::answer_of;

namespace {

constexpr const char* recorded_host = "127.0.0.1:8641";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

void collect(const pugi::xml_node& node, const std::string& path, std::map<std::string, std::string>& values) {
    std::map<std::string, int> count;
    for (const auto& attribute : node.attributes())
        values[path + "/@" + attribute.name()] = attribute.value();
    for (const auto& child : node.children()) {
        if (child.type() == pugi::node_pcdata) values[path + "/text"] = child.value();
        if (child.type() != pugi::node_element) continue;
        const int number = count[child.name()]++;
        const std::string below = path + "/" + child.name() + (number == 0 ? "" : std::to_string(number));
        values[below];
        collect(child, below, values);
    }
}

bool is_same(const std::string& one, const std::string& other) {
    const auto a = parse_number(one), b = parse_number(other);
    if (!a || !b) return one == other;
    return std::abs(*a - *b) <= 1e-11 + 1e-9 * std::abs(*b);
}

void add_files(const fs::path& root, const std::string& name, std::set<std::string>& tree) {
    if (!fs::exists(root / name)) return;
    for (const auto& entry : fs::recursive_directory_iterator(root / name))
        if (entry.is_regular_file()) tree.insert(entry.path().lexically_relative(root).generic_string());
}

}  // namespace

fs::path sky_pipeline_data() { return pipelines::sky::sky_data() / "pipeline"; }

std::string path_asked(const std::string& head) {
    const auto words = split(std::string_view(head).substr(0, head.find('\r')), ' ');
    return words.size() < 2 ? "" : std::string(words[1]);
}

SkySite::SkySite() {
    server_ = std::make_unique<http::testing_support::ScriptedServer>(
        [this](const std::string& head) { return answer(head); });
    own_ = server_->url("").substr(std::string("http://").size());
}

std::size_t SkySite::asked(const std::string& path) const {
    std::size_t count = 0;
    for (const std::string& head : server_->heads())
        count += path_asked(head) == path ? 1 : 0;
    return count;
}

std::string SkySite::content(const std::string& path, bool& found) const {
    fs::path file = sky_pipeline_data() / "www" / path.substr(1, path.find('?') - 1);
    if (fs::is_directory(file)) file /= "index.html";
    found = fs::is_regular_file(file);
    if (!found) return "not found";
    std::string text = read_file(file);
    if (file.extension() == ".json" || file.extension() == ".html") replace_all(text, recorded_host, own_);
    return text;
}

std::string SkySite::answer(const std::string& head) const {
    const std::string path = path_asked(head);
    if (instead)
        if (const auto other = instead(path, head)) return *other;
    bool found = false;
    const std::string text = content(path, found);
    if (!found) return answer_of("404 Not Found", "", text);
    const std::string tag = "ETag: \"" + std::to_string(text.size()) + "\"\r\n";
    if (head.find("If-None-Match: \"" + std::to_string(text.size())) != std::string::npos)
        return "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n" + tag + "\r\n";
    return answer_of("200 OK", tag, text);
}

SkyGround::SkyGround(const SkySite& site, const std::string& config) {
    std::string text = read_file(sky_pipeline_data() / config);
    replace_all(text, "http://127.0.0.1:8641/", site.url());
    write("repo/toasty-pipeline-config.yaml", text);
}

Ended SkyGround::sky(const std::vector<std::string>& words, int status) const {
    Ended ended = run(words);
    EXPECT_EQ(ended.status, status) << join(words, " ") << "\n" << ended.out << ended.err;
    return ended;
}

void SkyGround::whole_old_run() const {
    for (const char* step : {"fetch-inputs", "process-todos", "publish-todos", "reindex"})
        sky({"toasty", std::string("pipeline-") + step, "--local=repo", "work"});
}

std::set<std::string> SkyGround::tree() const {
    std::set<std::string> files;
    add_files(root(), "repo", files);
    add_files(root(), "work", files);
    return files;
}

std::map<std::string, std::string> SkyGround::repository() const {
    std::map<std::string, std::string> files;
    std::set<std::string> names;
    add_files(root(), "repo", names);
    for (const std::string& name : names)
        files[name] = read_file(path(name));
    return files;
}

// Beside the two folders it has the recorder's own files.
std::set<std::string> recorded_tree(const std::string& snapshot) {
    std::set<std::string> files;
    const std::string text = read_file(sky_pipeline_data() / snapshot);
    for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with("./repo/")) files.emplace(line.substr(2));
        if (line.starts_with(".") && !line.starts_with("./")) files.insert("work/" + std::string(line.substr(1)));
    }
    return files;
}

std::vector<std::string> differences(const std::set<std::string>& made, const std::set<std::string>& truth) {
    std::vector<std::string> found;
    for (const std::string& name : made)
        if (!truth.count(name)) found.push_back("+" + name);
    for (const std::string& name : truth)
        if (!made.count(name)) found.push_back("-" + name);
    return found;
}

std::map<std::string, std::string> values_of_wtml(const std::string& text) {
    pugi::xml_document document;
    EXPECT_TRUE(document.load_buffer(text.data(), text.size())) << text;
    std::map<std::string, std::string> values;
    collect(document, "", values);
    return values;
}

void expect_same_wtml(const std::string& made, const std::string& truth, const std::set<std::string>& added,
                      const std::string& what) {
    std::map<std::string, std::string> ours = values_of_wtml(made);
    const std::map<std::string, std::string> theirs = values_of_wtml(truth);
    for (const auto& [name, value] : theirs) {
        const auto found = ours.find(name);
        if (found == ours.end())
            ADD_FAILURE() << what << ": " << name << " is missing";
        else
            EXPECT_TRUE(is_same(found->second, value))
                << what << ": " << name << ": " << found->second << " is not " << value;
    }
    for (const auto& [name, value] : ours)
        EXPECT_TRUE(theirs.count(name) || added.count(name)) << what << ": " << name << " is one too many: " << value;
}

}  // namespace atelier::tests
