#include "engines/engines.h"

#include <unistd.h>

#include <future>
#include <regex>

#include "base/error.h"
#include "base/text.h"
#include "engines/ask.h"

namespace atelier::engines {

namespace {

constexpr std::chrono::seconds patience{10};  // Blender on a cold disk

std::string first_group(const std::string& text, const std::string& pattern) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : std::string();
}

}  // namespace

const std::vector<Engine>& known_engines() {
    static const std::vector<Engine> engines = {
        {"Blender",
         "blender",
         {"--version"},
         R"(Blender (\S+))",
         "apt-get install blender",
         "frames from .blend files"},
        {"POV-Ray",
         "povray",
         {"--version"},
         R"(POV-Ray (\d[\d.]*\d))",
         "apt-get install povray povray-includes",
         "frames from .pov scenes"},
        {"FFmpeg", "ffmpeg", {"-version"}, R"(ffmpeg version (\S+))", "apt-get install ffmpeg", "films"},
        {"ffprobe", "ffprobe", {"-version"}, R"(ffprobe version (\S+))", "apt-get install ffmpeg", "what is in a film"},
        {"COLMAP",
         "colmap",
         {"-h"},
         R"(COLMAP (\d\S*))",
         "apt-get install colmap",
         "cameras and points from photographs"},
        {"Nerfstudio", "ns-train", {}, "", "pip install nerfstudio", "3D models from photographs"},
        {"bubblewrap", "bwrap", {"--version"}, R"(bubblewrap (\S+))", "apt-get install bubblewrap", "the sandbox"},
        {"Python", "python3", {"--version"}, R"(Python (\S+))", "apt-get install python3", "templates that run Python"},
    };
    return engines;
}

std::filesystem::path find_program(const std::string& name, std::string_view path) {
    for (const std::string_view folder : split(path, ':')) {
        if (folder.empty() || folder.front() != '/') continue;  // "" and "." would be whatever folder we are in
        auto file = std::filesystem::path(folder) / name;
        std::error_code ignored;
        if (std::filesystem::is_regular_file(file, ignored) && access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

std::optional<Found> find_engine(const Engine& engine, std::string_view path) {
    Found found{find_program(engine.program, path), "", ""};
    if (found.path.empty()) return std::nullopt;
    if (engine.version_arguments.empty()) return found;
    std::vector<std::string> argv{found.path.string()};
    argv.insert(argv.end(), engine.version_arguments.begin(), engine.version_arguments.end());
    try {
        const Answer answer = ask(argv, patience);
        found.version = printable(first_group(answer.text, engine.version_pattern));
        if (found.version.empty()) found.problem = answer.late ? "it doesn't answer" : "it doesn't tell its version";
    } catch (const Error& error) {
        found.problem = error.what();
    }
    return found;
}

std::vector<std::optional<Found>> find_engines(const std::vector<Engine>& engines, std::string_view path) {
    std::vector<std::future<std::optional<Found>>> asked;
    asked.reserve(engines.size());
    for (const Engine& engine : engines)
        asked.push_back(std::async(std::launch::async, [&engine, path] { return find_engine(engine, path); }));
    std::vector<std::optional<Found>> found;
    found.reserve(engines.size());
    for (auto& answer : asked)
        found.push_back(answer.get());
    return found;
}

}  // namespace atelier::engines
