#include "process/own_program.h"

#include <unistd.h>

#include <string_view>

namespace atelier::process {

namespace fs = std::filesystem;

fs::path own_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

std::map<std::string, std::string> environment_for_tasks() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    variables.erase("PWD");  // they start elsewhere, and some programs believe it
    variables.erase("OLDPWD");
    std::string& path = variables["PATH"];
    path = own_folder().string() + (path.empty() ? ":/usr/local/bin:/usr/bin:/bin" : ":" + path);
    return variables;
}

}  // namespace atelier::process
