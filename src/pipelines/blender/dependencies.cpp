#include "pipelines/blender/dependencies.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/error.h"
#include "pipelines/blender/file_finder.h"
#include "pipelines/blender/named_files.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

// Paths of Windows have no meaning here: they stay as they are, relative, and nothing is looked up by them.
bool is_of_windows(std::string_view asset) {
    const bool has_drive = asset.size() >= 2 && asset[1] == ':' &&
                           ((asset[0] >= 'a' && asset[0] <= 'z') || (asset[0] >= 'A' && asset[0] <= 'Z'));
    return has_drive || asset.starts_with("\\\\");
}

std::string with_slashes(std::string_view path) {
    std::string changed(path);
    std::replace(changed.begin(), changed.end(), '\\', '/');
    return changed;
}

// One name for each file, whatever way leads to it.
fs::path identity(const fs::path& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    return error ? path : real;
}

// Also by way of symbolic links.
bool is_below(const fs::path& path, const fs::path& folder) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(path, error);
    const fs::path inner = error ? fs::path() : real.lexically_relative(identity(folder));
    return !inner.empty() && *inner.begin() != "..";
}

bool stands_for_several(const NamedFile& named) { return named.shape != Shape::file; }

// Goes from file to file, each once.
class Search {
public:
    explicit Search(const DependencyLimits& limits) : limits_(limits), finder_(limits.most_files) {}

    std::vector<Dependency> run(const fs::path& first) {
        read(first);
        while (!waiting_.empty()) {
            const std::size_t library = waiting_.front();
            waiting_.pop_front();
            try {
                read(dependencies_[library].resolved);
            } catch (const Error& error) {
                if (error.kind() == Error::Kind::exhausted) throw;
                dependencies_[library].problem = error.what();
            }
        }
        return std::move(dependencies_);
    }

private:
    void read(const fs::path& blend) {
        if (!seen_.insert(identity(blend)).second) return;
        if (seen_.size() > limits_.most_blend_files)
            throw Error(Error::Kind::exhausted,
                        "the scene links more than " + std::to_string(limits_.most_blend_files) + " files");
        BlendFile file(blend, limits_.read);
        each_named_file(file, [&](const NamedFile& named) { add(blend, named); });
    }

    void add(const fs::path& blend, const NamedFile& named) {
        if (dependencies_.size() >= limits_.most_dependencies)
            throw Error(Error::Kind::exhausted,
                        "the scene names more than " + std::to_string(limits_.most_dependencies) + " files");
        const fs::path resolved = resolve_path(blend, named.asset);
        FileFinder::Found found;
        if (limits_.only_below.empty() || is_below(resolved, limits_.only_below))
            found = finder_.find(resolved, named);
        else
            found.missing.push_back(resolved.string());
        if (found.files.empty() && named.only_if_there) return;
        Dependency dependency;
        dependency.blend = blend.string();
        dependency.block = named.block;
        dependency.kind = named.kind;
        dependency.asset = named.asset;
        dependency.resolved = resolved.string();
        dependency.sequence = stands_for_several(named);
        dependency.missing = found.files.empty() || !found.missing.empty();
        dependency.files = std::move(found.files);
        dependency.missing_files = std::move(found.missing);
        dependency.optional = named.optional;
        count_text(dependency);
        if (named.kind == DependencyKind::library && !dependency.missing) waiting_.push_back(dependencies_.size());
        dependencies_.push_back(std::move(dependency));
    }

    void count_text(const Dependency& dependency) {
        text_ +=
            dependency.blend.size() + dependency.block.size() + dependency.asset.size() + dependency.resolved.size();
        for (const auto* paths : {&dependency.files, &dependency.missing_files})
            for (const std::string& path : *paths)
                text_ += path.size();
        if (text_ > limits_.most_text)
            throw Error(Error::Kind::exhausted, "the paths of the files that the scene names are too long, all in all");
    }

    const DependencyLimits& limits_;
    std::size_t text_ = 0;
    FileFinder finder_;
    std::set<fs::path> seen_;
    std::vector<Dependency> dependencies_;
    std::deque<std::size_t> waiting_;  // libraries that are still to be read, by their place in the list
};

}  // namespace

fs::path resolve_path(const fs::path& blend, std::string_view asset) {
    if (is_of_windows(asset)) return asset.starts_with("\\\\") ? fs::path(asset) : fs::path(with_slashes(asset));
    const fs::path folder = fs::absolute(blend).parent_path();
    const bool is_relative = asset.starts_with("//");
    // What has no "//" is relative all the same when it doesn't begin at the root.
    const fs::path path = with_slashes(is_relative ? asset.substr(2) : asset);
    if (is_relative) return (folder / path.relative_path()).lexically_normal();
    return (folder / path).lexically_normal();
}

std::vector<Dependency> find_dependencies(const fs::path& blend, const DependencyLimits& limits) {
    return Search(limits).run(fs::absolute(blend).lexically_normal());
}

}  // namespace atelier::pipelines::blender
