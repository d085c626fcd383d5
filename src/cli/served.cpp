#include "cli/served.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/object.hpp>

#include "accounts/accounts.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/home.h"

namespace atelier::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* file_name = "server.json";
constexpr std::uint64_t longest_secret = 4096;

bool lives(std::int64_t process) {
    return process > 0 && (::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

std::optional<http::ClientOptions> named_server() {
    http::ClientOptions options;
    options.url = process_environment("ATELIER_SERVER");
    if (options.url.empty()) return std::nullopt;
    options.token = process_environment("ATELIER_TOKEN");
    if (const std::string file = process_environment("ATELIER_TOKEN_FILE"); options.token.empty() && !file.empty())
        options.token = secret_from(file);
    options.authority = process_environment("ATELIER_CA");
    return options;
}

}  // namespace

std::string secret_from(const fs::path& file) {
    const Fd opened = open_file(file, O_RDONLY);
    struct stat info {};
    if (::fstat(opened.get(), &info) != 0) throw Error::from_errno("cannot read " + file.string());
    if ((info.st_mode & 077) != 0)
        throw Error(Error::Kind::denied, "others can read the token in " + file.string(),
                    "run: chmod 600 " + shell_quote(file.string()));
    const std::string text = read_file(file, longest_secret);
    const std::string secret(trim(text));
    if (secret.empty()) throw Error(Error::Kind::invalid, file.string() + " holds no token");
    return secret;
}

std::optional<http::ClientOptions> server_to_use() {
    if (auto named = named_server()) return named;
    const fs::path home = home_folder();
    const fs::path file = home / file_name;
    std::error_code none;
    if (!fs::exists(file, none)) return std::nullopt;
    const json::Value told = json::parse(read_file(file));
    if (!lives(told.at("process").to_number<std::int64_t>())) return std::nullopt;  // it was killed
    http::ClientOptions options;
    options.url = std::string(told.at("url").as_string());
    options.authority = std::string(told.at("certificate").as_string());
    options.token = accounts::local_token(home);
    return options;
}

ServedFolder::ServedFolder(const fs::path& data_folder, const std::string& url, const fs::path& certificate)
    : file_(data_folder / file_name) {
    json::Object told;
    told["url"] = url;
    told["process"] = static_cast<std::int64_t>(::getpid());
    told["certificate"] = certificate.empty() ? "" : fs::absolute(certificate).string();
    write_file_durably(file_, json::text(told), 0600);
}

ServedFolder::~ServedFolder() {
    std::error_code ignored;
    fs::remove(file_, ignored);
}

}  // namespace atelier::cli
