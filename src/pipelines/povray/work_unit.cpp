#include "pipelines/povray/work_unit.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "pipelines/povray/work_unit_json.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t most_inline = 64u << 20;
constexpr std::size_t read_size = 1u << 20;

std::string picture_of(const UnitSettings& settings) {
    if (!settings.picture.empty()) return settings.picture;
    if (settings.frame) return fmt::format("frame_{:04}.png", *settings.frame);
    return fs::path(settings.scene).stem().string() + ".png";
}

}  // namespace

std::string command_for(const UnitSettings& settings) {
    check_relative_path(picture_of(settings));
    std::vector<std::string> words{"povray",
                                   "+I" + settings.scene,
                                   "+L.",
                                   "+L./shared",
                                   "+O./output/" + picture_of(settings),
                                   "+FN",
                                   fmt::format("+W{}", settings.width),
                                   fmt::format("+H{}", settings.height),
                                   "+WT1",
                                   "-D",
                                   "+V",
                                   "-GD",
                                   "-GR",
                                   "-GS"};
    if (settings.antialias) words.push_back(fmt::format("+A{}", *settings.antialias));
    if (settings.quality) words.push_back(fmt::format("+Q{}", *settings.quality));
    if (settings.clock) words.push_back(fmt::format("+K{}", *settings.clock));
    // One frame is no animation to POV-Ray, so the number is told as a name of the scene's.
    if (settings.frame) words.push_back(fmt::format("Declare=unit_frame={}", *settings.frame));
    for (const std::string& declare : settings.declares)
        words.push_back("Declare=" + declare);
    std::vector<std::string> quoted;
    for (const std::string& word : words)
        quoted.push_back(shell_quote(word));
    return join(quoted, " ");
}

WorkUnit::WorkUnit(const UnitSettings& settings) : cmd(command_for(settings)) {
    if (settings.frame) work_unit_id = fmt::format("frame_{:04}", *settings.frame);
}

void WorkUnit::add_inline(const std::string& path, std::string_view bytes) {
    check_relative_path(path);
    inline_resource[path] = base64_of(bytes);
}

void WorkUnit::add_inline_file(const std::string& path, const fs::path& file) {
    add_inline(path, read_file(file, most_inline));
}

std::string to_json(const WorkUnit& unit) { return json::text(json::write(unit)); }

void check(const WorkUnit& unit) {
    for (const auto& [path, content] : unit.inline_resource) {
        check_relative_path(path);
        const std::string top = path.substr(0, path.find('/'));
        if (top == "shared" || top == "output")
            throw Error(Error::Kind::invalid, "an inline file can't be called shared or output");
        from_base64(content);
    }
    if (unit.cmd.empty()) throw Error(Error::Kind::invalid, "a work unit without a cmd does nothing");
    if (unit.cmd.find('\0') != std::string::npos) throw Error(Error::Kind::invalid, "a cmd has no NUL in it");
    if (unit.work_unit_id.empty()) throw Error(Error::Kind::invalid, "a work unit has no work_unit_id");
    check_relative_path(unit.work_unit_id);
    folder_of_prefix(unit, unit.shared_resource_gcs_prefix, "shared");
    folder_of_prefix(unit, unit.offload_gcs_prefix, "output");
}

WorkUnit work_unit_from_json(std::string_view text) {
    auto unit = json::read<WorkUnit>(json::parse(text));
    check(unit);
    return unit;
}

std::string unit_line(const Fd& file, std::size_t number) {
    std::string piece(read_size, '\0');
    std::string line;
    off_t at = 0;
    for (;;) {
        const ssize_t count = ::pread(file.get(), piece.data(), piece.size(), at);
        if (count < 0) throw Error::from_errno("cannot read the work units");
        if (count == 0) throw Error(Error::Kind::not_found, "the job's list of work units ends too early");
        at += count;
        std::string_view rest(piece.data(), static_cast<std::size_t>(count));
        for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; --number) {
            if (number == 0) return line.append(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        if (number > 0) continue;
        line.append(rest);
        if (line.size() > longest_unit) throw Error(Error::Kind::invalid, "the work unit is too large");
    }
}

std::string folder_of_prefix(const WorkUnit& unit, const std::string& prefix, std::string_view kind) {
    const std::string head = fmt::format("jobs/{}/{}", unit.job_id, kind);
    std::string_view rest = prefix;
    while (rest.ends_with('/'))
        rest.remove_suffix(1);
    if (rest.empty() || rest == head) return {};
    if (!rest.starts_with(head + "/"))
        throw Error(Error::Kind::invalid, "the prefix " + printable(prefix) + " is not below " + head + "/");
    rest.remove_prefix(head.size() + 1);
    check_relative_path(rest);
    return std::string(rest);
}

}  // namespace atelier::pipelines::povray
