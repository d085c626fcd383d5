// `atelier serve`: what it brings up, in which order, and how it goes down.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <thread>

#include "accounts/accounts.h"
#include "api/api.h"
#include "api/routes.h"
#include "base/error.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/home.h"
#include "cli/interrupts.h"
#include "cli/serve.h"
#include "cli/served.h"
#include "farm/farm.h"
#include "farm/local_link.h"
#include "http/server.h"
#include "worker/agent.h"

namespace atelier::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds short_notice{5'000};
constexpr milliseconds look_interval{100};
constexpr int looks_between_notes = 20;

struct Address {
    std::string host;
    std::uint16_t port = 0;
};

Address parse_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    const std::int64_t port = colon == std::string::npos ? -1 : parse_int(text.substr(colon + 1)).value_or(-1);
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (port < 0 || port > 65535 || host.empty())
        throw Error(Error::Kind::invalid, "\"" + text + "\" is no address to listen on",
                    "write HOST:PORT, as 127.0.0.1:7070, 0.0.0.0:7070 or [::1]:7070");
    return {host, static_cast<std::uint16_t>(port)};
}

int slots_of(const std::string& workers) {
    if (workers == "auto") return usable_cores();
    constexpr int most = 1024;
    const auto number = parse_int(workers);
    if (!number || *number < 0 || *number > most)
        throw Error(Error::Kind::invalid, "--workers is a number from 0 to 1024, or auto, not " + workers);
    return static_cast<int>(*number);
}

farm::FarmOptions farm_options(const ServeRequest& request, const farm::Layout& layout, const std::string& url) {
    farm::FarmOptions options;
    options.layout = layout;
    options.queue.fairness = farm::fairness_named(request.fairness).value();
    options.queue.lease_seconds = request.lease_seconds;
    options.queue.interval_seconds = std::min(options.queue.interval_seconds, request.lease_seconds / 4);
    options.database =
        request.database.empty() ? process_environment("ATELIER_DB") : database_argument(request.database);
    options.server_url = request.url.empty() ? url : request.url;
    return options;
}

http::ServerOptions server_options(const ServeRequest& request) {
    const Address address = parse_address(request.listen);
    http::ServerOptions options;
    options.host = address.host;
    options.port = address.port;
    options.certificate = request.certificate;
    options.key = request.key;
    if (request.certificate.empty() != request.key.empty())
        throw Error(Error::Kind::invalid, "TLS needs both a certificate and its key", "--tls-cert FILE --tls-key FILE");
    return options;
}

// Thousands of connections, each a file; what is usual is a thousand.
void allow_many_files() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);  // where it may not, connections beyond are refused
}

// A large body's memory goes back to the system, rather than into the heaps of as many threads as once held one.
void return_large_memory() {
    constexpr int large = 256 * 1024;
    constexpr int most_heaps = 4;
    ::mallopt(M_MMAP_THRESHOLD, large);
    ::mallopt(M_ARENA_MAX, most_heaps);
}

// In the order in which each needs those before it; gone in the other one.
class Service {
public:
    Service(const ServeRequest& request, const farm::Layout& layout)
        : server_(server_options(request), router_),
          farm_(farm_options(request, layout, server_.url())),
          accounts_(db::open(farm_options(request, layout, "").database_url()), system_clock()),
          api_(
              farm_, accounts_, router_, [this] { return server_.counts(); }, *request.crafts),
          link_(farm_) {
        accounts_.trust(accounts::local_token(layout.root));
        if (const int slots = slots_of(request.workers); slots > 0) start_worker(layout, slots, server_.port());
        server_.start();
        told_.emplace(layout.root, local_url(parse_address(request.listen).host), request.certificate);
    }

    // Takes nothing more from outside, lets its own tasks go with a short notice.
    void stop() {
        told_.reset();
        server_.stop();
        if (agent_) agent_->stop(short_notice);
    }

    // For the commands on this machine; on a full disk the next call will do.
    void renew_note() {
        try {
            told_->renew();
        } catch (const Error& error) {
            log::debug(error.what());
        }
    }

    std::string url() const { return server_.url(); }
    bool has_users() { return !accounts_.users().empty(); }

private:
    void start_worker(const farm::Layout& layout, int slots, std::uint16_t port) {
        worker::AgentOptions options;
        options.id = fmt::format("server-{}-{}", machine_name(), port);
        options.name = machine_name();
        options.slots = slots;
        options.sessions = layout.sessions() / options.id;  // several servers may share the data folder
        std::filesystem::create_directories(options.sessions);
        empty_folder(options.sessions);  // of a former run that was killed
        options.checkpoints = layout.checkpoints();
        agent_.emplace(link_, farm_.shared_blobs(), std::move(options));
    }

    // How this machine reaches it.
    std::string local_url(const std::string& host) const {
        if (host != "0.0.0.0" && host != "::") return server_.url();
        return fmt::format("{}://127.0.0.1:{}", server_.url().substr(0, server_.url().find(':')), server_.port());
    }

    http::Router router_;
    http::Server server_;
    farm::Farm farm_;
    accounts::Accounts accounts_;
    api::Api api_;
    farm::LocalLink link_;
    std::optional<worker::Agent> agent_;
    std::optional<ServedFolder> told_;
};

void tell_what_is_missing(const ServeRequest& request, Service& service, Output& output) {
    if (is_loopback(parse_address(request.listen).host)) return;
    if (request.certificate.empty())
        output.warn(
            "without --tls-cert what is sent can be read on the way: put it behind a proxy with TLS, or give it "
            "a certificate");
    if (!service.has_users())
        output.warn("there are no accounts yet: `atelier user add NAME --role admin` makes the first");
}

}  // namespace

int serve(const ServeRequest& request, Output& output) {
    const farm::Layout layout{request.data.empty() ? home_folder() : std::filesystem::absolute(request.data)};
    layout.create();
    allow_many_files();
    return_large_memory();
    const Interrupts interrupts;
    Service service(request, layout);
    tell_what_is_missing(request, service, output);
    output.say(fmt::format("serving {} at {}", layout.root.string(), service.url()));
    output.out() << std::flush;
    for (int looks = 1; interrupts.wish() == Wish::go_on; ++looks) {
        std::this_thread::sleep_for(look_interval);
        if (looks % looks_between_notes == 0) service.renew_note();
    }
    output.say("going down; what ran here is given out again");
    service.stop();
    return done;
}

}  // namespace atelier::cli
