// How the doctor finds out what this machine can do.
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "cli/home.h"
#include "engines/ask.h"
#include "engines/engines.h"
#include "engines/gpus.h"
#include "process/cgroup.h"

namespace atelier::cli {

namespace {

constexpr std::chrono::seconds patience{10};

std::filesystem::path nearest_that_exists(std::filesystem::path folder) {
    std::error_code ignored;
    while (!std::filesystem::exists(folder, ignored) && folder.has_relative_path())
        folder = folder.parent_path();
    return folder;
}

DataFacts examine_data() {
    const auto folder = home_folder();
    const auto there = nearest_that_exists(folder);
    return {folder.string(), there == folder, access(there.c_str(), W_OK | X_OK) == 0, free_space(folder)};
}

// The sandbox is tried, not guessed: kernels and containers forbid user namespaces in many ways.
Ability examine_sandbox(const std::string& path) {
    const auto program = engines::find_program("bwrap", path);
    if (program.empty()) return {false, "bubblewrap is missing", "apt-get install bubblewrap"};
    try {
        const auto answer = engines::ask(
            {program.string(), "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"}, patience);
        if (answer.code == 0) return {true, "", ""};
        const std::string said = printable(trim(answer.text.substr(0, answer.text.find('\n'))));
        return {false, said.empty() ? "bubblewrap fails" : said,
                "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1"};
    } catch (const Error& error) {
        return {false, error.what(), ""};
    }
}

// What the keepers of tasks do, tried.
Ability examine_cgroup() {
    if (process::Cgroup::make()) return {true, "", ""};
    return {false, "no control group of version 2 can be made here, processes are searched for instead",
            "start it by `systemd-run --user --scope -p Delegate=yes`"};
}

std::vector<EngineFacts> examine_engines(const std::string& path) {
    const auto& known = engines::known_engines();
    const auto found = engines::find_engines(known, path);
    std::vector<EngineFacts> facts;
    for (std::size_t index = 0; index < known.size(); ++index) {
        EngineFacts fact{known[index].name,   known[index].program, known[index].use, false, "", "", "",
                         known[index].install};
        if (const auto& there = found[index]) {
            fact.found = true;
            fact.path = there->path.string();
            fact.version = there->version;
            fact.problem = there->problem;
        }
        facts.push_back(fact);
    }
    return facts;
}

}  // namespace

ProofFacts prove(const Proof& proof) {
    ProofFacts facts{proof.name, {true, "", ""}, 0};
    const auto begun = std::chrono::steady_clock::now();
    try {
        const TemporaryFolder folder;
        proof.show(folder.path());
    } catch (const Error& error) {
        facts.ability = {false, error.what(), error.hint()};
    } catch (const std::exception& error) {
        facts.ability = {false, error.what(), ""};
    }
    facts.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return facts;
}

Diagnosis examine() {
    const std::string path = process_environment("PATH");
    Diagnosis diagnosis;
    diagnosis.machine = {machine_name(), system_name(),  architecture(),
                         usable_cores(), total_memory(), available_memory()};
    for (const auto& gpu : engines::find_gpus(path))
        diagnosis.gpus.push_back({gpu.name, gpu.id, gpu.driver, gpu.memory});
    diagnosis.data = examine_data();
    diagnosis.sandbox = examine_sandbox(path);
    diagnosis.cgroup = examine_cgroup();
    diagnosis.engines = examine_engines(path);
    return diagnosis;
}

}  // namespace atelier::cli
