#include "pipelines/sky/work/rejects.h"

#include <boost/json/object.hpp>

#include "base/text.h"
#include "pipelines/sky/feed/item.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr const char* reason_file = "reject.json";  // in a rejected image's folder
constexpr std::uint64_t longest_reason = 64u << 10;

}  // namespace

std::optional<Reject> read_reject(const Work& work, const std::string& id) {
    const fs::path path = work.folder.at(stage::rejects, id);
    if (!work.folder.has(stage::rejects, id)) return std::nullopt;
    const bool is_folder = fs::is_directory(path);
    const fs::path file = is_folder ? path / reason_file : path;
    // As the original leaves it: an empty file, or a folder that somebody moved here.
    Reject reject{is_folder ? "it was rejected" : "it can't be used", is_folder ? Rejector::person : Rejector::source};
    if (!fs::is_regular_file(file)) return reject;
    try {
        const std::string text = read_file(file, longest_reason);
        if (trim(text).empty()) return reject;
        const json::Value kept = json::parse(text);
        reject.reason = text_at(kept, "reason");
        reject.by = text_at(kept, "by") == "person" ? Rejector::person : Rejector::source;
    } catch (const Error&) {  // somebody's own words
        reject = {std::string(trim(read_file(file, longest_reason))), Rejector::person};
    }
    return reject;
}

void write_reject(const Work& work, const std::string& id, const Reject& reject) {
    const fs::path path = work.folder.at(stage::rejects, id);
    fs::create_directories(path.parent_path());
    const json::Object text{{"by", reject.by == Rejector::person ? "person" : "source"}, {"reason", reject.reason}};
    write_file_durably(fs::is_directory(path) ? path / reason_file : path, json::pretty(text));
}

}  // namespace atelier::pipelines::sky
