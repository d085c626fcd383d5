// The server alone, for wrk and curl: http_bench PORT [CERTIFICATE KEY]. For each line on its input it says what it has
// answered and used so far; at the end of the input it ends.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "base/files.h"
#include "base/text.h"
#include "http/server.h"
#include "http/wait.h"

namespace {

using namespace std::chrono_literals;
namespace http = atelier::http;
using http::Request;
using http::Response;

const std::string job =
    R"({"id":"01HF3Z9K7Q","name":"turntable","state":"running","priority":50,"tasks":240,"done":17})";

http::Task<Response> count(Request& request) {
    std::uint64_t all = 0;
    std::string piece(256 * 1024, '\0');
    const std::span<char> into(piece);
    for (;;) {
        const std::size_t got = co_await request.body->read(into);
        if (got == 0) break;
        all += got;
    }
    co_return Response::text(std::to_string(all));
}

http::Task<Response> waiting_job(Request&) { co_return Response::text(job, "application/json"); }

http::Task<Response> events(Request&) {
    Response response;
    response.with("Content-Type", "text/event-stream");
    response.live = [](http::Sink& sink) -> http::Task<void> {
        co_await sink.write(": hello\n\n");
        const auto signal = co_await http::Signal::make();
        co_await signal->wait(24h);
    };
    co_return response;
}

std::string status_line(std::string_view name) {
    const std::string status = atelier::read_file("/proc/self/status");
    for (const std::string_view line : atelier::split(status, '\n'))
        if (line.starts_with(name)) return std::string(atelier::trim(line.substr(name.size())));
    return {};
}

void tell(const http::Server& server) {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    std::cout << fmt::format("requests {} cpu {:.2f} connections {} rss {} peak {}\n", server.counts().requests,
                             seconds(used.ru_utime) + seconds(used.ru_stime), server.counts().connections,
                             status_line("VmRSS:"), status_line("VmHWM:"))
              << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
    http::Router router;
    router.add(http::Method::get, "/jobs/{id}", http::Waiting(waiting_job));
    router.add(http::Method::get, "/plain/{id}", [](Request&) { return Response::text(job, "application/json"); });
    router.add(http::Method::get, "/events", http::Waiting(events));
    router.add(http::Method::put, "/upload", http::Waiting(count));
    http::ServerOptions options;
    if (argc > 1) options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    if (argc > 3) {
        options.certificate = argv[2];
        options.key = argv[3];
    }
    http::Server server(options, router);
    server.start();
    std::cout << server.url() << std::endl;
    for (std::string line; std::getline(std::cin, line);)
        tell(server);
    return 0;
}
