#include "media/output_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

#include "base/error.h"
#include "base/files.h"

namespace atelier::media {

namespace fs = std::filesystem;

namespace {

Error not_writable(const fs::path& folder, const std::string& why) {
    return Error(Error::Kind::denied, "no pictures can be written to " + folder.string() + ": " + why,
                 "choose another folder, or make room in it");
}

}  // namespace

void check_writable(const fs::path& folder) {
    if (folder.empty()) return;
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) throw not_writable(folder, problem.message());
    const fs::path probe = folder / (".atelier-probe-" + std::to_string(::getpid()));
    try {
        write_all(open_file(probe, O_WRONLY | O_CREAT | O_TRUNC).get(), "may be removed\n", probe);
    } catch (const Error& error) {
        fs::remove(probe, problem);
        throw not_writable(folder, error.what());
    }
    fs::remove(probe, problem);
}

}  // namespace atelier::media
