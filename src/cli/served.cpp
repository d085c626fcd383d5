#include "cli/served.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/object.hpp>

#include "accounts/accounts.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/home.h"
#include "process/process_tree.h"

namespace atelier::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* file_name = "server.json";
constexpr std::uint64_t longest_secret = 4096;

// Nothing when the server that left the note was killed.
std::optional<json::Value> living_server(const fs::path& file) {
    std::error_code none;
    if (!fs::exists(file, none)) return std::nullopt;
    json::Value told = json::parse(read_file(file));
    // Its number may be another one's by now.
    const auto process = process::find_process(static_cast<pid_t>(told.at("process").to_number<std::int64_t>()));
    if (!process || process->began != told.at("began").to_number<std::int64_t>()) return std::nullopt;
    return told;
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

bool is_loopback(const std::string& host) {
    const bool is_address = host.find_first_not_of("0123456789.") == std::string::npos;
    return host == "localhost" || host == "::1" || (is_address && host.starts_with("127."));
}

std::string database_argument(const std::string& text) {
    const std::size_t scheme = text.find("://");
    const std::size_t at = text.find('@');
    const bool names_one = at != std::string::npos && text.find(':', scheme + 3) < at;
    if (scheme != std::string::npos && (names_one || text.find("password=", scheme) != std::string::npos))
        throw Error(Error::Kind::invalid, "the database's URL carries a password, and others can read command lines",
                    "leave it out and put it into ~/.pgpass, or into PGPASSWORD");
    return text;
}

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
    const auto told = living_server(home / file_name);
    if (!told) return std::nullopt;
    http::ClientOptions options;
    options.url = std::string(told->at("url").as_string());
    options.authority = std::string(told->at("certificate").as_string());
    options.token = accounts::local_token(home);
    return options;
}

ServedFolder::ServedFolder(const fs::path& data_folder, const std::string& url, const fs::path& certificate)
    : file_(data_folder / file_name) {
    json::Object told;
    told["url"] = url;
    told["process"] = static_cast<std::int64_t>(::getpid());
    told["began"] = process::find_process(::getpid()).value().began;
    told["certificate"] = certificate.empty() ? "" : fs::absolute(certificate).string();
    note_ = json::text(told);
    write_file_durably(file_, note_, 0600);
}

ServedFolder::~ServedFolder() {
    std::error_code ignored;
    try {
        if (read_file(file_) == note_) fs::remove(file_, ignored);
    } catch (const Error&) {  // somebody else has removed it
    }
}

void ServedFolder::renew() {
    if (!living_server(file_)) write_file_durably(file_, note_, 0600);
}

}  // namespace atelier::cli
