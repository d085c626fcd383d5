#include "pipelines/blender/blender_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "process/process_tree.h"

namespace atelier::pipelines::blender {

namespace {

constexpr const char* note_name = "blender.pid";
constexpr double work_part = 0.002;  // of the time: less than that is only waking and looking

}  // namespace

pid_t start_in_background(const std::vector<std::string>& argv, const std::string& output,
                          const std::string& temporary) {
    const std::string folder = "TMPDIR=" + temporary;
    std::vector<const char*> words, variables;
    for (const std::string& word : argv)
        words.push_back(word.c_str());
    for (char** variable = environ; *variable != nullptr; ++variable)
        if (!std::string_view(*variable).starts_with("TMPDIR=")) variables.push_back(*variable);
    variables.push_back(folder.c_str());
    words.push_back(nullptr);
    variables.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t process = -1;
    const int problem = ::posix_spawnp(&process, words[0], &files, &attributes, const_cast<char**>(words.data()),
                                       const_cast<char**>(variables.data()));
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (problem != 0)
        throw Error(Error::Kind::not_found, argv[0] + " can't be started: " + std::strerror(problem),
                    "install Blender (apt install blender), or name another with --blender");
    return process;
}

void leave_note(pid_t blender) { write_file_durably(note_name, std::to_string(blender)); }

pid_t read_note() {
    const auto process = parse_int(trim(read_file(note_name)));
    if (!process || *process <= 1) throw Error(Error::Kind::not_found, "no Blender is open in this session");
    return static_cast<pid_t>(*process);
}

LifeSigns::LifeSigns(pid_t process, std::chrono::seconds patience) : process_(process), patience_(patience) { heard(); }

void LifeSigns::heard() {
    since_ = std::chrono::steady_clock::now();
    cpu_at_since_ = cpu_seconds();
}

bool LifeSigns::hangs() {
    const auto silence = std::chrono::steady_clock::now() - since_;
    if (silence < patience_) return false;
    const double worked = cpu_seconds() - cpu_at_since_;
    if (worked < work_part * std::chrono::duration<double>(silence).count()) return true;
    heard();
    return false;
}

bool LifeSigns::is_gone() const {
    ::waitpid(process_, nullptr, WNOHANG);  // when it is a child of ours
    const auto found = process::find_process(process_);
    return !found || found->ended;
}

double LifeSigns::cpu_seconds() const {
    const auto found = process::find_process(process_);
    return found ? found->cpu_seconds : 0;
}

}  // namespace atelier::pipelines::blender
