// Rules that turn paths of the submitter's machine into paths of this one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atelier::job {

enum class PathFormat { posix, windows, uri };

struct PathMappingRule {
    PathFormat source_format = PathFormat::posix;
    std::string source_path;
    std::string destination_path;
};

class PathMapping {
public:
    PathMapping() = default;
    explicit PathMapping(std::vector<PathMappingRule> rules);  // longest source path first
    static PathMapping parse(std::string_view json);           // the file of the specification; throws Error::invalid

    bool empty() const { return rules_.empty(); }
    std::string apply(std::string_view path) const;  // unchanged when no rule fits
    std::string to_json() const;                     // "{}" when empty
    const std::vector<PathMappingRule>& rules() const { return rules_; }

private:
    std::vector<PathMappingRule> rules_;
};

}  // namespace atelier::job
