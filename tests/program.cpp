#include "program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/text.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

constexpr milliseconds look_again{5};
constexpr std::uint64_t kilobyte = 1024;
constexpr int cannot_start = 127;

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::string program() {
    const char* folder = std::getenv("ATELIER_BINARY_DIR");
    if (folder == nullptr) throw Error(Error::Kind::invalid, "ATELIER_BINARY_DIR is not set", "run this by ctest");
    return std::string(folder) + "/atelier";
}

std::string link_of(const fs::path& path) {
    std::error_code problem;
    return fs::read_symlink(path, problem).string();
}

}  // namespace

bool eventually(const std::function<bool()>& is_true, milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (!is_true()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(look_again);
    }
    return true;
}

Running::Running(const std::vector<std::string>& arguments, const fs::path& folder,
                 const std::map<std::string, std::string>& variables, const std::vector<std::string>& before) {
    std::vector<std::string> words = before;
    words.push_back(program());
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const Fd out = open_file(captured_.path() / "out", O_WRONLY | O_CREAT);
    const Fd err = open_file(captured_.path() / "err", O_WRONLY | O_CREAT);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(err.get(), STDERR_FILENO);
    for (const auto& [name, value] : variables)
        ::setenv(name.c_str(), value.c_str(), 1);
    if (::chdir(folder.c_str()) == 0) ::execvp(argv.front(), argv.data());
    ::_exit(cannot_start);
}

Running::~Running() {
    if (ended()) return;
    signal(SIGKILL);
    eventually([&] { return ended(); });
}

bool Running::ended() {
    if (ended_) return true;
    int status = 0;
    rusage usage{};
    if (::wait4(pid_, &status, WNOHANG, &usage) != pid_) return false;
    ended_.emplace();
    if (WIFSIGNALED(status)) ended_->signal = WTERMSIG(status);
    if (WIFEXITED(status)) ended_->status = WEXITSTATUS(status);
    ended_->peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) * kilobyte;
    return true;
}

Ended Running::wait(milliseconds at_most) {
    if (!eventually([&] { return ended(); }, at_most)) {
        ADD_FAILURE() << "the program hangs; it has said: " << out() << err();
        signal(SIGKILL);
        eventually([&] { return ended(); });
    }
    Ended told = *ended_;
    told.out = out();
    told.err = err();
    return told;
}

void Running::signal(int number) {
    if (!ended()) ::kill(pid_, number);
}

std::string Running::out() const { return content_of(captured_.path() / "out"); }
std::string Running::err() const { return content_of(captured_.path() / "err"); }

Ground::Ground() { variables["ATELIER_HOME"] = path("data").string(); }

Ground::~Ground() {
    const bool quiet = eventually([&] { return running().empty(); }, seconds(20));
    EXPECT_TRUE(quiet) << "left running: " << join(running(), ", ");
}

std::string Ground::write(const std::string& name, const std::string& text) const {
    fs::create_directories(path(name).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name).string();
}

std::string Ground::read(const std::string& name) const { return content_of(path(name)); }

std::vector<std::string> Ground::lines(const std::string& name) const {
    const std::string text = read(name);
    std::vector<std::string> found;
    for (const std::string_view line : split(trim(text), '\n'))
        if (!line.empty()) found.emplace_back(line);
    return found;
}

std::unique_ptr<Running> Ground::start(const std::vector<std::string>& arguments) const {
    return std::make_unique<Running>(arguments, root_.path(), variables);
}

Ended Ground::run(const std::vector<std::string>& arguments) const { return start(arguments)->wait(); }

std::unique_ptr<db::Connection> Ground::database() const {
    return db::open(layout().database().string(), db::Access::read_only);
}

std::int64_t Ground::count(const std::string& sql) const {
    try {
        const auto row = database()->row<std::optional<std::int64_t>>(sql);
        return row ? std::get<0>(*row).value_or(0) : 0;
    } catch (const Error&) {  // not there yet, or still without tables
        return 0;
    }
}

std::string Ground::text(const std::string& sql) const {
    const auto row = database()->row<std::optional<std::string>>(sql);
    return row ? std::get<0>(*row).value_or("") : "";
}

std::string Ground::job() const { return text("SELECT id FROM jobs ORDER BY key DESC LIMIT 1"); }

std::string Ground::state(const std::string& job_id) const {
    return std::string(farm::name_of(farm::job_by_id(*database(), job_id.empty() ? job() : job_id).state));
}

std::vector<std::string> Ground::running() const {
    std::vector<std::string> found;
    const std::string root = root_.path().string();
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string pid = entry.path().filename();
        if (!parse_int(pid)) continue;
        const bool is_here = link_of(entry.path() / "cwd").starts_with(root) ||
                             content_of(entry.path() / "environ").find(root) != std::string::npos;
        std::string command = content_of(entry.path() / "cmdline");
        std::replace(command.begin(), command.end(), '\0', ' ');
        if (is_here && !command.empty()) found.push_back(fmt::format("{} {}", pid, command));
    }
    return found;
}

std::string indented(const std::string& text, int by) {
    std::string made;
    for (const std::string_view line : split(text, '\n'))
        made += std::string(static_cast<std::size_t>(by), ' ') + std::string(line) + "\n";
    return made;
}

std::string shell_job(const std::string& script, int tasks, const std::string& more, const std::string& head) {
    return "specificationVersion: jobtemplate-2023-09\n"
           "name: Test\n" +
           (head.find("parameterDefinitions:") != std::string::npos
                ? head
                : head +
                      "parameterDefinitions:\n"
                      "- {name: Out, type: PATH, objectType: DIRECTORY, dataFlow: OUT, default: out}\n") +
           "steps:\n"
           "- name: Work\n" +
           more +
           "  parameterSpace:\n"
           "    taskParameterDefinitions:\n"
           "    - {name: N, type: INT, range: \"1-" +
           std::to_string(tasks) +
           "\"}\n"
           "  script:\n"
           "    actions: {onRun: {command: sh, args: [\"{{Task.File.Run}}\"]}}\n"
           "    embeddedFiles:\n"
           "    - name: Run\n"
           "      type: TEXT\n"
           "      data: |\n" +
           indented("N={{Task.Param.N}}\nOUT='{{Param.Out}}'\n" + script, 8);
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace atelier::tests
