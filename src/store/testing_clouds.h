// For tests alone: a real Azurite, the emulator of Azure Blob Storage that checks signatures, on a free port of
// loopback. It goes away with the test. What it is made of comes by npm when the tests are built (tests/npm).
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "http/call.h"
#include "store/shared_key.h"
#include "store/sigv4.h"

namespace atelier::testing_support {

// A server of others that says its address on its output once it listens. It goes away with the test, also when that is
// killed.
class CloudServer {
public:
    // Put after the arguments: the server's own folder.
    enum class Folder { given, not_given };

    explicit CloudServer(std::vector<std::string> words, Folder folder = Folder::not_given) {
        if (folder == Folder::given) words.push_back((folder_.path() / "data").string());
        std::filesystem::create_directory(folder_.path() / "data");
        std::vector<char*> argv;
        for (std::string& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        const Fd log = open_file(log_, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::dup2(log.get(), 1);
            ::dup2(log.get(), 2);
            ::execvp(argv[0], argv.data());
            ::_exit(127);
        }
    }
    ~CloudServer() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    CloudServer(const CloudServer&) = delete;
    CloudServer& operator=(const CloudServer&) = delete;

    // What follows these words on its output, to the end of that word.
    std::string wait_for(const std::string& words) const {
        for (int tries = 0; tries < 1200; ++tries) {
            const std::string log = read_file(log_);
            const std::size_t begin = log.find(words);
            if (begin != std::string::npos && log.find('\n', begin) != std::string::npos) {
                const std::size_t value = begin + words.size();
                return log.substr(value, log.find_first_of(" \r\n", value) - value);
            }
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        throw Error(Error::Kind::unavailable, "A server of the tests does not start: " + read_file(log_));
    }

private:
    TemporaryFolder folder_;
    std::filesystem::path log_ = folder_.path() / "log";
    pid_t pid_ = -1;
};

class Azurite {
public:
    Azurite() : url_(server_.wait_for("successfully listens on ")) {}

    static Azurite& shared() {
        static Azurite server;
        return server;
    }

    std::string connection_string() const {
        return "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" + key() +
               ";BlobEndpoint=" + url_ + "/devstoreaccount1;";
    }
    static std::string key() {
        return "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    }

    std::string new_container() const {
        static std::atomic<int> count = 0;
        const std::string name = "test" + std::to_string(++count);
        ask("PUT", "/" + name, {{"restype", "container"}});
        return name;
    }

    // A signed request of the tests' own, whatever is answered to it.
    http::Reply ask(const std::string& method, const std::string& path, const store::Query& query = {}) const {
        const store::AzureAccount account = store::parse_connection_string(connection_string());
        http::Call call;
        call.method = method;
        call.headers = {{"x-ms-date", http_date()}, {"x-ms-version", "2021-12-02"}};
        call.headers.emplace_back(
            "Authorization",
            store::shared_key_authorization(account, method, "/devstoreaccount1" + path, query, call.headers, 0));
        call.url = account.blob_endpoint + path + '?' + store::query_text(query);
        http::Caller caller;
        return caller.send(call);
    }

private:
    static std::string http_date() {
        const std::time_t now = std::time(nullptr);
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        char text[64];
        return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
    }

    static std::string script() {
        const char* binary = std::getenv("ATELIER_BINARY_DIR");
        const auto build = std::filesystem::path(binary ? binary : ".").parent_path();
        return (build / "npm/tests/node_modules/azurite/dist/src/blob/main.js").string();
    }

    CloudServer server_{{"node", script(), "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence",
                         "--disableTelemetry"}};
    std::string url_;
};

}  // namespace atelier::testing_support
