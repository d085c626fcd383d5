#include "pipelines/sky/feed/config.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "job/document.h"
#include "pipelines/sky/feed/source_keys.h"

namespace atelier::pipelines::sky {

namespace {

class Reader {
public:
    Reader(std::string_view text, const std::filesystem::path& name) : name_(name) {
        const auto read = job::parse_yaml(text, problems_);
        refuse_problems();
        root_ = *read;
    }

    Config config() {
        if (root_.kind != job::Node::Kind::map) {
            tell(root_.mark, "", "a list of keys with values is expected");
            refuse_problems();
        }
        Config config;
        config.source_type = needed("source_type");
        config.publish_url_prefix = needed("publish_url_prefix");
        config.folder_name = given("folder_name");
        config.folder_thumbnail_url = given("folder_thumbnail_url");
        check_prefix(config.publish_url_prefix);
        if (const SourceKeys* source = check_source(config.source_type)) {
            check_top_keys();
            read_section(*source, config);
        }
        refuse_problems();
        return config;
    }

private:
    void tell(const job::Mark& mark, const std::string& path, const std::string& message) {
        problems_.push_back({path, mark, message});
    }

    void refuse_problems() const {
        if (problems_.empty()) return;
        std::string text = job::describe(problems_, name_.string());
        while (!text.empty() && text.back() == '\n')
            text.pop_back();
        throw Error(Error::Kind::invalid, text, "docs/sky.md says which keys there are", name_.string());
    }

    // One value; lists of them are joined by line ends.
    std::string value_of(const job::Node::Entry& entry, const std::string& path) {
        const job::Node& value = entry.value;
        if (value.kind == job::Node::Kind::map) {
            tell(value.mark, path, "a value is expected, not keys of its own");
            return {};
        }
        if (value.kind != job::Node::Kind::list) return value.text;
        std::vector<std::string> lines;
        for (const job::Node& item : value.items) {
            if (item.kind == job::Node::Kind::map || item.kind == job::Node::Kind::list)
                tell(item.mark, path, "a value is expected");
            lines.push_back(item.text);
        }
        return join(lines, "\n");
    }

    std::string given(const std::string& key) {
        const auto* entry = root_.find(key);
        return entry == nullptr ? std::string() : value_of(*entry, key);
    }

    std::string needed(const std::string& key) {
        const std::string value = given(key);
        if (!value.empty()) return value;
        const auto* entry = root_.find(key);
        tell(entry == nullptr ? root_.mark : entry->mark, key, "is missing");
        return value;
    }

    void check_prefix(const std::string& prefix) {
        const bool names_a_host =
            prefix.starts_with("//") || prefix.starts_with("http://") || prefix.starts_with("https://");
        const auto* entry = root_.find("publish_url_prefix");
        if (entry != nullptr && !prefix.empty() && !names_a_host)
            tell(entry->value.mark, "publish_url_prefix",
                 "an address is expected, such as https://example.org/studies/ or //example.org/studies/");
    }

    const SourceKeys* check_source(const std::string& type) {
        if (type.empty()) return nullptr;
        std::vector<std::string> names;
        for (const SourceKeys& source : sources()) {
            if (source.name == type) return &source;
            names.emplace_back(source.name);
        }
        const auto meant = nearest(type, names);
        tell(root_.find("source_type")->value.mark, "source_type",
             "there is no source '" + printable(type) + "'; " +
                 (meant ? "did you mean '" + *meant + "'?" : "there are " + join(names, ", ")));
        return nullptr;
    }

    // The sections of other sources may stand there too, so that a source can be tried and left.
    void check_top_keys() {
        std::vector<std::string> known{"source_type", "publish_url_prefix", "folder_name", "folder_thumbnail_url"};
        for (const SourceKeys& source : sources())
            known.emplace_back(source.name);
        for (const auto& entry : root_.entries)
            tell_unknown(entry, known, entry.key);
    }

    void tell_unknown(const job::Node::Entry& entry, const std::vector<std::string>& known, const std::string& path) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) return;
        const auto meant = nearest(entry.key, known);
        tell(entry.mark, path, "is unknown" + (meant ? "; did you mean '" + *meant + "'?" : std::string()));
    }

    void read_section(const SourceKeys& source, Config& config) {
        const auto* section = root_.find(source.name);
        if (section == nullptr || section->value.kind == job::Node::Kind::null)
            return tell(section == nullptr ? root_.mark : section->mark, std::string(source.name),
                        "is missing: the section of the source");
        if (section->value.kind != job::Node::Kind::map)
            return tell(section->value.mark, std::string(source.name), "keys with values are expected");
        std::vector<std::string> known;
        for (const SourceKey& key : source.keys)
            known.emplace_back(key.name);
        for (const auto& entry : section->value.entries) {
            const std::string path = std::string(source.name) + "." + entry.key;
            tell_unknown(entry, known, path);
            config.source[entry.key] = value_of(entry, path);
        }
        for (const SourceKey& key : source.keys)
            check_value(source, key, section->value, section->mark, config);
    }

    void check_value(const SourceKeys& source, const SourceKey& key, const job::Node& section,
                     const job::Mark& section_mark, Config& config) {
        const std::string path = std::string(source.name) + "." + std::string(key.name);
        const auto* entry = section.find(key.name);
        const auto value = config.source.find(std::string(key.name));
        if (value == config.source.end() || value->second.empty()) {
            if (key.is_needed) tell(entry == nullptr ? section_mark : entry->mark, path, "is missing");
            return;
        }
        const std::string wrong = wrong_with(key, value->second);
        if (!wrong.empty()) tell(entry->value.mark, path, wrong);
    }

    std::filesystem::path name_;
    std::vector<job::Problem> problems_;
    job::Node root_;
};

}  // namespace

Config parse_config(std::string_view text, const std::filesystem::path& name_for_errors) {
    return Reader(text, name_for_errors).config();
}

}  // namespace atelier::pipelines::sky
