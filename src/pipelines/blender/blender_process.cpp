#include "pipelines/blender/blender_process.h"

#include <sys/wait.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "process/process_tree.h"

namespace atelier::pipelines::blender {

namespace {

constexpr const char* note_name = "blender.pid";
constexpr double work_part = 0.002;  // of the time: less than that is only waking and looking

}  // namespace

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
