#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "cli/interrupts.h"
#include "pipelines/sky/desk/commands.h"
#include "pipelines/sky/review/review_server.h"
#include "process/child.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

struct ReviewRequest {
    std::string work_folder;
    int port = 0;
    bool no_open = false;
};

bool has_display() { return std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr; }

// A page in a private folder that leads to the address: others can read command lines, and the token is in the address.
void open_browser(const fs::path& folder, const std::string& url, cli::Output& output) {
    const fs::path page = folder / "review.html";
    write_file_durably(page, "<!doctype html><meta http-equiv=\"refresh\" content=\"0; url=" + url + "\">\n", 0600);
    // In a session of its own: it may be the browser itself, which neither keeps us waiting nor ends by our Ctrl-C.
    const auto end = process::run_child({"sh", "-c",
                                         "command -v xdg-open > /dev/null && "
                                         "exec setsid --fork xdg-open \"$0\" < /dev/null > /dev/null 2>&1",
                                         page.string()});
    if (end.code != 0) output.warn("xdg-open isn't there; open the address yourself");
}

int review(const ReviewRequest& request, cli::Output& output) {
    const fs::path work_folder = fs::absolute(request.work_folder);
    if (!fs::is_directory(work_folder))
        throw Error(Error::Kind::not_found, "there is no work folder " + work_folder.string(),
                    "give the folder in which `atelier sky process` works");
    const cli::LeaveSignals signals;
    ReviewServer server(work_folder, static_cast<std::uint16_t>(request.port));
    server.start();
    const std::size_t waiting = server.waiting();
    output.say(std::to_string(waiting) + (waiting == 1 ? " image waits" : " images wait") + " for a review:");
    output.say("  " + server.url());
    output.say("Ctrl-C ends it.");
    output.out().flush();
    const TemporaryFolder pages("atelier-review-");
    if (!request.no_open && has_display()) open_browser(pages.path(), server.url(), output);
    while (signals.count() == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server.stop();
    return 0;
}

}  // namespace

void add_review_commands(CLI::App& command, cli::Context& context) {
    const auto request = std::make_shared<ReviewRequest>();
    CLI::App& verb = cli::add_verb(command, "review", "Look at what is processed, approve or reject it, in a browser",
                                   "atelier sky review work");
    verb.add_option("work-dir", request->work_folder, "The work folder")->default_val(".");
    verb.add_option("--port", request->port, "Of 127.0.0.1; else any free one")->check(CLI::Range(1, 65'535));
    verb.add_flag("--no-open", request->no_open, "Open no browser");
    cli::when_chosen(verb, context, [request, &context] { return review(*request, context.output); });
}

}  // namespace atelier::pipelines::sky
