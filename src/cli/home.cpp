#include "cli/home.h"

#include <cstdlib>

#include "base/error.h"

namespace atelier::cli {

std::string process_environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::filesystem::path home_folder(const Environment& environment) {
    if (const std::filesystem::path own = environment("ATELIER_HOME"); !own.empty())
        return std::filesystem::absolute(own).lexically_normal();
    // The XDG specification: a path that isn't absolute is to be ignored.
    if (const std::filesystem::path data = environment("XDG_DATA_HOME"); data.is_absolute()) return data / "atelier";
    if (const std::filesystem::path person = environment("HOME"); person.is_absolute())
        return person / ".local" / "share" / "atelier";
    throw Error(Error::Kind::invalid, "nothing says where Atelier's data lies",
                "set ATELIER_HOME to a folder of yours");
}

}  // namespace atelier::cli
