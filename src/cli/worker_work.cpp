// `atelier worker`: the work behind the command of worker.cpp.
#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/machine.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/interrupts.h"
#include "cli/served.h"
#include "cli/worker.h"
#include "worker/agent.h"
#include "worker/remote_link.h"
#include "worker/remote_store.h"
#include "worker/worker_folder.h"

namespace atelier::cli {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds between_looks{50};
constexpr milliseconds notice_of_stop{10'000};
constexpr std::size_t longest_tag = 100;

std::string host_of(const std::string& url) {
    const std::size_t slashes = url.find("://");
    const std::string rest = slashes == std::string::npos ? "" : url.substr(slashes + 3);
    if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
    return rest.substr(0, rest.find_first_of(":/"));
}

void check_server(const std::string& url) {
    if (url.empty())
        throw Error(Error::Kind::invalid, "--server is missing: for whom this machine is to work",
                    "atelier worker --server https://farm.example:7070; `atelier worker list` tells who is there");
    const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
    if (!has_scheme || host_of(url).empty())
        throw Error(Error::Kind::invalid, "\"" + printable(url) + "\" is no address of a server",
                    "give it as http://HOST:PORT or https://HOST:PORT");
}

fs::path configuration_folder(const Environment& environment) {
    if (const fs::path folder = environment("XDG_CONFIG_HOME"); folder.is_absolute()) return folder / "atelier";
    const fs::path person = environment("HOME");
    return person.is_absolute() ? person / ".config" / "atelier" : fs::path();
}

std::uint64_t cache_limit(const std::string& text) {
    if (const auto bytes = parse_bytes(text)) return *bytes;
    throw Error(Error::Kind::invalid, "\"" + printable(text) + "\" is no size of a cache", "write 50G or 500M, say");
}

std::map<std::string, std::vector<std::string>> attributes_of(const std::vector<std::string>& tags) {
    for (const std::string& tag : tags)
        if (tag.empty() || tag.size() > longest_tag || tag.find_first_of(" \t\n") != std::string::npos)
            throw Error(Error::Kind::invalid, "\"" + printable(tag) + "\" is no tag: 1 to 100 characters, no blanks");
    if (tags.empty()) return {};
    return {{"attr.worker.tag", tags}};
}

worker::RestRule rest_of(const WorkerRequest& request) {
    worker::RestOptions options;
    if (!request.hours.empty()) options.hours = worker::Hours::parse(request.hours);
    options.only_when_idle_minutes = request.only_when_idle;
    if (!options.hours && options.only_when_idle_minutes == 0) return {};
    return worker::make_rest_rule(std::move(options), system_clock());
}

// What the agent's thread has to say, for the one that Output belongs to.
class Messages {
public:
    void add(std::string text) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(text));
    }
    void say(Output& output) {
        const std::lock_guard lock(mutex_);
        for (const std::string& text : waiting_)
            output.say(text);
        if (!waiting_.empty()) output.out().flush();
        waiting_.clear();
    }

private:
    std::mutex mutex_;
    std::deque<std::string> waiting_;
};

std::string about(const std::string& server, const Error* problem) {
    if (!problem) return "connected with " + server;
    const std::string hint = problem->hint().empty() ? "" : " (" + problem->hint() + ")";
    if (problem->kind() == Error::Kind::denied)
        return fmt::format("{} refuses this worker's token: {}{}; it is tried again now and then", server,
                           problem->what(), hint);
    return fmt::format("no answer, it is tried again: {}{}", problem->what(), hint);
}

// Until it is over: the first signal lets its tasks finish, the second interrupts them.
void serve(worker::Agent& agent, Messages& messages, const LeaveSignals& signals, Output& output) {
    for (int known = 0; !agent.is_over();) {
        messages.say(output);
        if (const int count = signals.count(); count > known) {
            if (known == 0 && count == 1) {
                messages.add("takes nothing more, and leaves when its tasks are done; once more to leave now");
                agent.drain();
            } else {
                messages.add("interrupts its tasks and leaves");
                messages.say(output);
                agent.stop(notice_of_stop);
            }
            known = count;
        }
        std::this_thread::sleep_for(between_looks);
    }
    messages.say(output);
}

}  // namespace

std::string worker_token(const WorkerRequest& request, const Environment& environment) {
    if (std::string token = environment("ATELIER_TOKEN"); !token.empty()) return token;
    if (!request.token_file.empty()) return secret_from(request.token_file);
    if (const fs::path folder = configuration_folder(environment); !folder.empty() && fs::exists(folder / "token"))
        return secret_from(folder / "token");
    if (is_loopback(host_of(request.server)))
        if (const fs::path file = home_folder(environment) / "token"; fs::exists(file)) return secret_from(file);
    throw Error(Error::Kind::denied, "this worker has no token for " + request.server,
                "on the server: atelier token create --scope worker; here: --token-file FILE, or ATELIER_TOKEN");
}

int work(const WorkerRequest& request, Output& output) {
    check_server(request.server);
    const std::uint64_t limit = cache_limit(request.cache);
    const auto attributes = attributes_of(request.tags);
    const worker::RestRule rest = rest_of(request);
    const LeaveSignals signals;
    const auto client = std::make_shared<http::Client>(
        http::ClientOptions{request.server, worker_token(request), request.authority, milliseconds(5'000)});
    const worker::WorkerFolder folder(request.data.empty() ? home_folder() / "worker" : request.data);
    const auto cache = std::make_shared<worker::Cache>(folder.cache(), limit);
    const auto blobs = std::make_shared<store::Blobs>(cache);
    const auto transfer = std::make_shared<worker::RemoteStore>(client, cache);
    worker::RemoteLink link(client, folder.id(), folder.spool(), transfer);

    Messages messages;
    worker::AgentOptions options;
    options.id = folder.id();
    options.name = request.name.empty() ? machine_name() : request.name;
    options.slots = request.slots > 0 ? request.slots : usable_cores();
    options.sessions = folder.sessions();
    options.checkpoints = folder.checkpoints();
    options.attributes = attributes;
    options.rest = rest;
    options.transfer = transfer;
    options.contact = [&](const Error* problem) { messages.add(about(request.server, problem)); };
    output.say(fmt::format("the worker {} ({}) serves {} with {} slots", options.name, options.id, request.server,
                           options.slots));
    output.out().flush();
    worker::Agent agent(link, blobs, std::move(options));
    serve(agent, messages, signals, output);
    if (agent.problem()) throw *agent.problem();
    output.say("all is told, the worker leaves");
    return done;
}

}  // namespace atelier::cli
