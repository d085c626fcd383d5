#include "session/sandbox.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "process/own_program.h"

namespace atelier::session {

namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

constexpr std::array system_folders{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/sys"};

// Of /etc only what programs need to start, to show text and to find their settings: nothing that is a secret of the
// machine.
constexpr std::array system_settings{
    "alternatives",    "ca-certificates", "fonts",       "group",      "hosts",        "host.conf",   "ImageMagick-6",
    "java-11-openjdk", "java-17-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",   "mime.types",
    "nsswitch.conf",   "OpenCL",          "passwd",      "povray",     "protocols",    "resolv.conf", "services",
    "ssl/certs",       "ssl/openssl.cnf", "timezone",    "vulkan"};

constexpr std::array graphics_devices{"dri", "kfd", "nvidia"};

Words graphics() {
    Words words;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator("/dev", ignored)) {
        const std::string name = entry.path().filename();
        if (std::any_of(graphics_devices.begin(), graphics_devices.end(),
                        [&](const char* known) { return name.starts_with(known); }))
            words.insert(words.end(), {"--dev-bind-try", entry.path(), entry.path()});
    }
    return words;
}

// Outer folders first, so that an inner one that may be written isn't covered by an outer one that may only be read.
Words binds(const Sandbox& sandbox, const fs::path& session_folder) {
    std::vector<std::pair<std::string, const char*>> all;
    for (const fs::path& path : sandbox.readable)
        all.emplace_back(path.lexically_normal(), "--ro-bind");
    for (const fs::path& path : sandbox.writable)
        all.emplace_back(path.lexically_normal(), "--bind");
    all.emplace_back(session_folder, "--bind");
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Words words;
    for (const auto& [path, how] : all)
        words.insert(words.end(), {how, path, path});
    return words;
}

// A request to end goes to the whole group. Bubblewrap would die of it and take the task along, so it ignores it, and
// the task doesn't. The file is read before anything of the task runs.
constexpr const char* build_walls =
    "trap '' TERM; exec 3<\"$1\"; rm -f \"$1\"; shift; exec bwrap --args 3 /usr/bin/env --default-signal=TERM -- "
    "\"$@\"";
constexpr int not_found = 127;  // of the shell

void add(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

Words walls(const Sandbox& sandbox, const process::Command& command) {
    Words words{"--die-with-parent",    "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                "--unshare-cgroup-try", "--cap-drop",    "ALL",           "--clearenv"};
    if (!sandbox.network) words.emplace_back("--unshare-net");
    for (const char* path : system_folders)
        add(words, {"--ro-bind-try", path, path});
    for (const char* name : system_settings) {
        const std::string path = std::string("/etc/") + name;
        add(words, {"--ro-bind-try", path, path});
    }
    add(words, {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--tmpfs", "/run"});
    const std::string tools = process::own_folder();
    add(words, {"--ro-bind", tools, tools});
    add(words, graphics());
    add(words, binds(sandbox, command.folder));
    add(words, {"--remount-ro", "/"});  // to write where nothing is kept is an error that somebody sees
    add(words, {"--chdir", command.folder, "--setenv", "HOME", command.folder, "--setenv", "TMPDIR", "/tmp"});
    for (const std::string& variable : command.environment) {
        const std::size_t equals = variable.find('=');
        const std::string name = variable.substr(0, equals);
        if (name != "HOME" && name != "TMPDIR") add(words, {"--setenv", name, variable.substr(equals + 1)});
    }
    return words;
}

}  // namespace

process::Command in_sandbox(const Sandbox& sandbox, const process::Command& command,
                            const SessionFolder& private_folder) {
    std::string told;
    for (const std::string& word : walls(sandbox, command))
        told.append(word.c_str(), word.size() + 1);
    const fs::path file = private_folder.write("walls", told);
    process::Command wrapped{.argv = {"/bin/sh", "-c", build_walls, "sandbox", file},
                             .environment = {"PATH=/usr/local/bin:/usr/bin:/bin"},
                             .folder = command.folder};
    add(wrapped.argv, command.argv);
    return wrapped;
}

void check_sandbox(const Sandbox& sandbox, process::Keeper& keeper, const process::Command& like,
                   const SessionFolder& private_folder) {
    struct FirstLine : process::Watcher {
        void line(std::string_view bytes) override {
            if (text.empty()) text = printable(bytes);
        }
        std::string text;
    } said;
    process::Command probe = like;
    probe.argv = {"/bin/true"};
    const int code = keeper.run(in_sandbox(sandbox, probe, private_folder), said).code;
    if (code == not_found)
        throw Error(Error::Kind::unavailable, "the sandbox needs bubblewrap, which was not found on this machine",
                    "apt install bubblewrap");
    if (code != 0)
        throw Error(Error::Kind::unavailable, "the sandbox can't be used on this machine: " + said.text,
                    "unprivileged user namespaces must be allowed (sysctl kernel.unprivileged_userns_clone=1), or run "
                    "without the sandbox");
}

}  // namespace atelier::session
