#include "pipelines/sky/work/work_folder.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/sky/feed/item.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr const char* in_the_making = ".making";
constexpr const char* going = ".going";
constexpr const char* sent = ".sent";
constexpr std::array<const char*, 9> stages{stage::candidates, stage::rejects,  stage::cache_todo,
                                            stage::cache_done, stage::out_todo, stage::out_done,
                                            stage::processed,  stage::approved, stage::published};

bool is_pattern(const std::string& word) { return word.find_first_of("*?[") != std::string::npos; }

void rename_over(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        throw Error::from_errno("cannot move " + from.string() + " to " + to.string());
}

}  // namespace

WorkFolder::WorkFolder(const fs::path& root) : root_(fs::absolute(root).lexically_normal()) {}

bool WorkFolder::has(const char* stage, const std::string& id) const {
    std::error_code problem;
    return fs::exists(at(stage, id), problem);
}

std::vector<std::string> WorkFolder::ids(const char* stage) const {
    std::vector<std::string> names;
    std::error_code problem;
    for (fs::directory_iterator entry(at(stage), problem), end; entry != end; entry.increment(problem))
        if (is_id(entry->path().filename().string())) names.push_back(entry->path().filename());
    if (problem && problem != std::errc::no_such_file_or_directory)
        throw Error::from_errno("cannot list " + at(stage).string(), problem.value());
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> WorkFolder::matching(const char* stage, const std::vector<std::string>& words,
                                              const std::string& what) const {
    const std::vector<std::string> known = ids(stage);
    std::set<std::string> found;
    for (const std::string& word : words) {
        if (!is_pattern(word) && !std::binary_search(known.begin(), known.end(), word)) {
            const auto meant = nearest(word, known);
            throw Error(Error::Kind::not_found, "no such " + what + " ID '" + printable(word) + "'",
                        meant ? "did you mean '" + *meant + "'?" : at(stage).string() + " has those that there are");
        }
        for (const std::string& id : known)
            if (::fnmatch(word.c_str(), id.c_str(), 0) == 0) found.insert(id);
    }
    return {found.begin(), found.end()};
}

void WorkFolder::move(const char* from, const std::string& id, const char* to) const { replace(at(from, id), to, id); }

void WorkFolder::replace(const fs::path& folder, const char* stage, const std::string& id) const {
    fs::create_directories(at(stage));
    const fs::path to = at(stage, id);
    const fs::path old = at(stage) / ("." + id + going);
    fs::remove_all(old);
    if (fs::exists(fs::symlink_status(to))) rename_over(to, old);
    rename_over(folder, to);
    sync_folder(at(stage));
    fs::remove_all(old);
}

void WorkFolder::remove(const char* stage, const std::string& id) const {
    if (!has(stage, id)) return;
    const fs::path old = at(stage) / ("." + id + going);
    fs::remove_all(old);
    rename_over(at(stage, id), old);
    fs::remove_all(old);
}

void WorkFolder::remove_if_empty(const char* stage) const { ::rmdir(at(stage).c_str()); }

fs::path WorkFolder::making(const char* stage, const std::string& id) const {
    const fs::path folder = at(stage) / ("." + id + in_the_making);
    fs::remove_all(folder);
    fs::create_directories(folder);
    return folder;
}

fs::path WorkFolder::journal(const char* stage, const std::string& id) const { return at(stage) / ("." + id + sent); }

void WorkFolder::tidy() const {
    for (const char* stage : stages) {
        std::error_code problem;
        for (fs::directory_iterator entry(at(stage), problem), end; entry != end; entry.increment(problem)) {
            const fs::path name = entry->path().filename();
            const std::string ending = name.extension().string();
            const std::string id = name.stem().string().substr(1);
            const bool is_left = ending == going || (ending == sent && !has(stage, id)) ||
                                 (ending == in_the_making && !has(stage::cache_todo, id));
            std::error_code ignored;
            if (name.string().starts_with('.') && is_left) fs::remove_all(entry->path(), ignored);
        }
    }
}

void remove_unfinished(const fs::path& folder) {
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; entry != end; entry.increment(problem)) {
        const fs::path name = entry->path().filename();
        if (name.string().starts_with('.') && name.extension() == ".tmp") fs::remove(entry->path(), problem);
    }
}

std::optional<Fd> lock_folder(const fs::path& folder) {
    Fd open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!open && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (!open) throw Error::from_errno("cannot open " + folder.string());
    while (::flock(open.get(), LOCK_EX) != 0)
        if (errno != EINTR) throw Error::from_errno("cannot lock " + folder.string());
    struct stat mine {
    }, now{};
    const bool is_the_same = ::fstat(open.get(), &mine) == 0 && ::stat(folder.c_str(), &now) == 0 &&
                             mine.st_ino == now.st_ino && mine.st_dev == now.st_dev;
    if (!is_the_same) return std::nullopt;
    return open;
}

std::optional<fs::path> find_image(const fs::path& folder) {
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; entry != end; entry.increment(problem)) {
        const fs::path name = entry->path().filename();
        const std::string extension = name.extension().string();
        if (name.stem() == "image" && extension.size() > 1 && image_extension(name.string()) == extension.substr(1))
            return entry->path();
    }
    return std::nullopt;
}

}  // namespace atelier::pipelines::sky
