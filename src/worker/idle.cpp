#include "worker/idle.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "engines/ask.h"
#include "engines/engines.h"

namespace atelier::worker {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{2};
constexpr double micros_in_second = 1e6;

using Properties = std::map<std::string, std::string, std::less<>>;

std::vector<Properties> sessions_of(std::string_view text) {
    std::vector<Properties> sessions(1);
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t equals = line.find('=');
        if (trim(line).empty())
            sessions.emplace_back();
        else if (equals != std::string_view::npos)
            sessions.back()[std::string(line.substr(0, equals))] = trim(line.substr(equals + 1));
    }
    std::erase_if(sessions, [](const Properties& session) { return session.empty(); });
    return sessions;
}

bool is_of_a_person(Properties& session) {
    const std::string& type = session["Type"];
    return session["Class"] == "user" && session["State"] != "closing" && type != "unspecified" && !type.empty();
}

std::optional<Idleness> ask_logind(Micros now, std::string_view path) {
    const fs::path program = engines::find_program("loginctl", path);
    if (program.empty()) return std::nullopt;
    try {
        const engines::Answer list = engines::ask({program.string(), "list-sessions", "--no-legend"}, patience);
        if (list.code != 0) return std::nullopt;
        std::vector<std::string> question = {program.string(),          "show-session",     "--property=Type",
                                             "--property=Class",        "--property=State", "--property=IdleHint",
                                             "--property=IdleSinceHint"};
        const std::size_t without_sessions = question.size();
        for (const std::string_view line : split(list.text, '\n'))
            if (const std::string_view row = trim(line); !row.empty())
                question.emplace_back(row.substr(0, row.find_first_of(" \t")));
        if (question.size() == without_sessions) return std::nullopt;
        const engines::Answer answer = engines::ask(question, patience);
        const auto seconds = answer.code == 0 ? idle_by_logind(answer.text, now) : std::nullopt;
        if (!seconds) return std::nullopt;
        return Idleness{*seconds, "logind"};
    } catch (const Error&) {  // then the devices tell
        return std::nullopt;
    }
}

// Devices below a folder whose names begin so and go on with a digit.
void collect(const fs::path& folder, const std::string& beginning, std::vector<fs::path>& devices) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing)) {
        const std::string name = entry.path().filename().string();
        const char next = name.starts_with(beginning) && name.size() > beginning.size() ? name[beginning.size()] : 'x';
        if (next >= '0' && next <= '9') devices.push_back(entry.path());
    }
}

std::optional<Idleness> ask_devices(Micros now, const fs::path& root) {
    std::vector<fs::path> devices;
    collect(root / "dev/input", "event", devices);
    collect(root / "dev", "tty", devices);
    collect(root / "dev/pts", "", devices);
    std::optional<Idleness> newest;
    for (const fs::path& device : devices) {
        struct stat info {};
        if (::stat(device.c_str(), &info) != 0) continue;
        const double used = static_cast<double>(info.st_atim.tv_sec) + static_cast<double>(info.st_atim.tv_nsec) / 1e9;
        const double seconds = std::max(0.0, static_cast<double>(now) / micros_in_second - used);
        if (!newest || seconds < newest->seconds) newest = Idleness{seconds, device.string()};
    }
    return newest;
}

}  // namespace

std::optional<double> idle_by_logind(std::string_view text, Micros now) {
    std::optional<double> least;
    for (Properties& session : sessions_of(text)) {
        if (!is_of_a_person(session)) continue;
        const auto since = parse_int(session["IdleSinceHint"]);
        const bool idle = session["IdleHint"] == "yes" && since && *since > 0;
        const double seconds = idle ? std::max(0.0, static_cast<double>(now - *since) / micros_in_second) : 0;
        least = std::min(least.value_or(seconds), seconds);
    }
    return least;
}

std::optional<Idleness> idleness(Micros now, std::string_view path, const fs::path& root) {
    if (auto known = ask_logind(now, path)) return known;
    return ask_devices(now, root);
}

}  // namespace atelier::worker
