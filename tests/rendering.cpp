#include "rendering.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "farm/states.h"
#include "media/picture.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

std::string source(const char* path) {
    const char* folder = std::getenv("ATELIER_SOURCE_DIR");
    return std::string(folder != nullptr ? folder : ".") + "/" + path;
}

void run_shell(const std::string& command, const fs::path& log) {
    const int status = std::system(("timeout 200 " + command + " > " + shell_quote(log.string()) + " 2>&1").c_str());
    EXPECT_EQ(status, 0) << command << '\n' << read_file(log);
}

}  // namespace

std::string RenderGround::scene(const std::string& name, const std::vector<std::string>& words) const {
    const fs::path place = path("scenes/" + name + ".blend");
    fs::create_directories(place.parent_path());
    std::string command = "blender -b --factory-startup --python-exit-code 1 -P " +
                          shell_quote(source("tests/scenes/turning.py")) + " -- " + shell_quote(place.string());
    for (const std::string& word : words)
        command += " " + shell_quote(word);
    run_shell(command, path(name + ".log"));
    return place.string();
}

fs::path RenderGround::undisturbed(const std::string& scene, const std::string& more) const {
    const fs::path folder = path("undisturbed");
    run_shell(fmt::format("blender -b --factory-startup {} -o {}/frame_#### {} -a", shell_quote(scene),
                          shell_quote(folder.string()), more),
              path("undisturbed.log"));
    return folder;
}

std::unique_ptr<Running> RenderGround::begin(const std::string& scene, std::vector<std::string> more) const {
    if (std::find(more.begin(), more.end(), "--output") == more.end())
        more.insert(more.end(), {"--output", path("out").string()});
    more.insert(more.begin(), {"render", scene});
    return start(more);
}

Ended RenderGround::render(const std::string& scene, std::vector<std::string> more) const {
    return begin(scene, std::move(more))->wait();
}

std::vector<pid_t> RenderGround::blenders() const {
    std::vector<pid_t> found;
    for (const std::string& process : running())
        if (process.find("blender_server.py") != std::string::npos && process.find("sh ") == std::string::npos)
            found.push_back(static_cast<pid_t>(parse_int(process.substr(0, process.find(' '))).value_or(0)));
    return found;
}

std::string RenderGround::reason(const std::string& result) const {
    for (const farm::AttemptRecord& attempt : farm::attempts_of(*database(), job(), {}, {}, 100'000))
        if (farm::name_of(attempt.result.result) == result) return attempt.result.reason;
    return "";
}

std::int64_t RenderGround::attempts(const std::string& result) const {
    const auto all = farm::attempts_of(*database(), job(), {}, {}, 100'000);
    return std::count_if(all.begin(), all.end(), [&](const farm::AttemptRecord& attempt) {
        return farm::name_of(attempt.result.result) == result;
    });
}

void expect_same(const fs::path& one, const fs::path& other) {
    try {
        const auto difference = media::compare_pictures(one, other);
        EXPECT_EQ(difference.pixels, 0u) << one << " and " << other << " differ by up to " << difference.greatest;
    } catch (const Error& error) {
        ADD_FAILURE() << error.what();
    }
}

void expect_same_frames(const fs::path& folder, const std::string& name, const fs::path& undisturbed, int first,
                        int last) {
    for (int frame = first; frame <= last; ++frame)
        expect_same(folder / fmt::format("{}_{:04}.png", name, frame),
                    undisturbed / fmt::format("frame_{:04}.png", frame));
}

int frames_of_film(const fs::path& film) {
    const fs::path told = film.string() + ".count";
    const std::string command =
        "ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 ";
    if (std::system((command + shell_quote(film.string()) + " > " + shell_quote(told.string())).c_str()) != 0)
        return -1;
    return static_cast<int>(parse_int(trim(read_file(told))).value_or(-1));
}

void expect_each_task_once(const RenderGround& ground) {
    const std::string job = ground.job();
    const farm::JobSummary summary = farm::job_by_id(*ground.database(), job);
    EXPECT_EQ(farm::name_of(summary.state), "SUCCEEDED") << summary.message;
    std::map<std::pair<std::uint32_t, std::uint64_t>, int> successes;
    for (const farm::AttemptRecord& attempt : farm::attempts_of(*ground.database(), job, {}, {}, 100'000))
        if (attempt.result.result == farm::ResultClass::succeeded) ++successes[{attempt.id.step, attempt.id.task}];
    EXPECT_EQ(successes.size(), summary.succeeded);
    for (const auto& [task, count] : successes)
        EXPECT_EQ(count, 1) << "task " << task.second << " of step " << task.first;
}

}  // namespace atelier::tests
