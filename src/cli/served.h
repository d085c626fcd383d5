// Finding the server: which one a command is to speak to, with which token. A server tells of itself in its data folder
// for as long as it runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "http/client.h"

namespace atelier::cli {

// The one that ATELIER_SERVER names (its token from ATELIER_TOKEN or the file that ATELIER_TOKEN_FILE names, its
// certificate's authority from ATELIER_CA), else the one that serves this machine's data folder now; else none.
std::optional<http::ClientOptions> server_to_use();

// What the server itself leaves there while it runs.
class ServedFolder {
public:
    ServedFolder(const std::filesystem::path& data_folder, const std::string& url,
                 const std::filesystem::path& certificate);
    ~ServedFolder();
    ServedFolder(const ServedFolder&) = delete;
    ServedFolder& operator=(const ServedFolder&) = delete;

    // Of several servers on one folder the one that began last is told; when it goes, the next call tells of this one.
    void renew();

private:
    std::filesystem::path file_;
    std::string note_;
};

// A host by which a machine speaks of itself.
bool is_loopback(const std::string& host);

// A database as a command line names it. Throws Error::invalid for a URL with a password: everybody on the machine can
// read a command line.
std::string database_argument(const std::string& text);

// A secret from a file that others can't read; throws Error::denied when they can.
std::string secret_from(const std::filesystem::path& file);

}  // namespace atelier::cli
