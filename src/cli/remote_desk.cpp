#include "cli/remote_desk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "api/answers.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "cli/home.h"
#include "cli/submit.h"
#include "farm/layout.h"
#include "store/manifest.h"
#include "worker/staging.h"
#include "worker/transfer.h"
#include "worker/upload.h"

namespace atelier::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* root = "/api/v1";
constexpr int page_of_attempts = 1000;
constexpr int page_of_outputs = 10'000;

std::string path_of(const std::string& job, const std::string& rest = {}) {
    return std::string(root) + "/jobs/" + http::encode(job) + rest;
}

template <class T>
T get(http::Client& client, const std::string& path) {
    return json::read<T>(client.get(path));
}

// A list that comes page by page, whole. path: with its query.
template <class Page, class Item>
std::vector<Item> all_of(http::Client& client, const std::string& path, std::vector<Item> Page::*items) {
    std::vector<Item> all;
    for (std::string cursor;;) {
        const auto page = get<Page>(client, cursor.empty() ? path : path + "&cursor=" + http::encode(cursor));
        all.insert(all.end(), (page.*items).begin(), (page.*items).end());
        if (page.next.empty()) return all;
        cursor = page.next;
    }
}

http::Method method_of(const std::string& verb) {
    if (verb == "delete" || verb == "worker-forget") return http::Method::remove;
    return verb == "settings" ? http::Method::patch : http::Method::post;
}

std::string text_of(const json::Object& body, const char* key) {
    const json::Value* value = body.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string path_of_verb(const std::string& verb, const json::Object& body) {
    if (const std::string worker = text_of(body, "worker"); !worker.empty()) {
        const std::string path = std::string(root) + "/workers/" + http::encode(worker);
        constexpr std::string_view prefix = "worker-";
        if (verb == "worker-forget") return path;
        return path + "/" + (verb.starts_with(prefix) ? verb.substr(prefix.size()) : verb);
    }
    const std::string job = text_of(body, "job");
    return verb == "delete" ? path_of(job) : path_of(job, "/" + verb);
}

// The route that does what a verb of farm/verbs.cpp does, and its body.
http::Ask ask_of(const std::string& verb, const json::Object& body) {
    http::Ask ask;
    ask.method = method_of(verb);
    ask.path = path_of_verb(verb, body);
    if (verb == "settings") ask.content = json::text(body.at("settings"));
    if (verb == "retry") {
        json::Object retry;
        retry["failed_only"] = !body.at("whole").as_bool();
        ask.content = json::text(retry);
    }
    return ask;
}

std::string why_path(const json::Object& body) {
    const std::string job = text_of(body, "job");
    const std::string step = text_of(body, "step");
    if (step.empty()) return path_of(job, "/why");
    std::string path = fmt::format("{}/tasks/{}/{}", root, http::encode(job), http::encode(step));
    if (const json::Value* task = body.if_contains("task")) path += "/" + json::text(*task);
    return path + "/why";
}

}  // namespace

std::string RemoteDesk::job(const std::string& beginning) {
    return get<api::JobDetails>(client_, std::string(root) + "/find/" + http::encode(beginning)).job.id;
}

farm::JobPage RemoteDesk::jobs(const farm::JobFilter& filter) {
    std::string path = fmt::format("{}/jobs?limit={}", root, filter.limit);
    if (filter.state) path += "&state=" + http::encode(farm::name_of(*filter.state));
    if (!filter.tag.empty()) path += "&tag=" + http::encode(filter.tag);
    if (filter.with_archived) path += "&archived=true";
    if (!filter.cursor.empty()) path += "&cursor=" + http::encode(filter.cursor);
    return get<farm::JobPage>(client_, path);
}

Desk::Details RemoteDesk::details(const std::string& job) {
    auto told = get<api::JobDetails>(client_, path_of(job));
    return {std::move(told.job), std::move(told.steps)};
}

std::vector<farm::AttemptRecord> RemoteDesk::attempts(const std::string& job, std::optional<std::uint32_t> step,
                                                      std::optional<std::uint64_t> task) {
    std::string path = path_of(job, fmt::format("/attempts?limit={}", page_of_attempts));
    if (step) path += fmt::format("&step={}", *step);
    if (task) path += fmt::format("&task={}", *task);
    return all_of(client_, path, &api::AttemptPage::attempts);
}

std::optional<farm::AttemptRecord> RemoteDesk::attempt(const wire::AttemptId& id) {
    try {
        return get<farm::AttemptRecord>(client_,
                                        path_of(id.job, fmt::format("/attempts/{}/{}/{}", id.step, id.task, id.epoch)));
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::not_found) return std::nullopt;
        throw;
    }
}

std::vector<farm::RunningAttempt> RemoteDesk::running(const std::string& job) {
    return get<api::RunningList>(client_, path_of(job, "/running")).running;
}

std::vector<farm::EventRecord> RemoteDesk::events(const std::string& job, std::int64_t after, int limit) {
    return get<api::EventList>(client_, path_of(job, fmt::format("/events?after={}&limit={}", after, limit))).events;
}

std::vector<farm::Artifact> RemoteDesk::artifacts(const std::string& job) {
    return all_of(client_, path_of(job, fmt::format("/outputs?limit={}", page_of_outputs)), &api::OutputPage::outputs);
}

wire::Submission RemoteDesk::submission(const std::string& job) {
    return get<wire::Submission>(client_, path_of(job, "/submission"));
}

wire::Settings RemoteDesk::settings(const std::string& job) {
    return get<wire::Settings>(client_, path_of(job, "/settings"));
}

// The server gives so much at a time; what is compressed by now and what is still written look the same.
void RemoteDesk::read_log(const std::string& job, const std::string& session, std::uint64_t begin, std::uint64_t end,
                          const std::function<void(std::string_view)>& sink) {
    while (begin < end) {
        std::string path = path_of(job, "/logs/" + http::encode(session)) + fmt::format("?begin={}", begin);
        if (end <= INT64_MAX) path += fmt::format("&end={}", end);
        std::uint64_t came = 0;
        http::Ask ask;
        ask.path = path;
        ask.sink = [&](std::string_view piece) {
            came += piece.size();
            sink(piece);
        };
        client_.send(ask);
        if (came == 0) return;
        begin += came;
    }
}

std::vector<farm::WorkerView> RemoteDesk::workers() {
    return get<api::WorkerList>(client_, std::string(root) + "/workers").workers;
}

Desk::Submitted RemoteDesk::submit(const wire::Submission& submission) {
    http::Ask ask;
    ask.method = http::Method::post;
    ask.path = std::string(root) + "/jobs?continue=true";
    ask.content = wire::to_json(submission);
    const http::Answer answer = client_.send(ask);
    const auto details = json::read<api::JobDetails>(json::parse(answer.content));
    return {details.job.id, answer.status == 200};
}

json::Value RemoteDesk::ask(const std::string& verb, const json::Object& body) {
    if (verb == "why") return json::Value(get<api::Why>(client_, why_path(body)).why);
    const http::Answer answer = client_.send(ask_of(verb, body));
    return answer.content.empty() ? json::Value(nullptr) : json::parse(answer.content);
}

// Nothing is copied on this machine: files are hashed where they lie, and sent from there when the server lacks them.
std::string RemoteDesk::send(const fs::path& path, const std::vector<std::string>* only, store::HashCache& cache) {
    const store::Manifest manifest = store::survey(path, cache, only);
    const fs::path folder = fs::is_directory(path) ? path : fs::absolute(path).parent_path();
    const TemporaryFolder beside;
    const std::string list = manifest.to_json();
    const store::BlobRef list_blob{sha256(list), list.size()};
    write_file_durably(beside.path() / "manifest", list);
    std::map<Digest, fs::path> files{{list_blob.digest, beside.path() / "manifest"}};
    for (const store::Entry& entry : manifest.entries)
        if (entry.kind == store::Entry::Kind::file) files.emplace(entry.blob.digest, folder / entry.path);
    std::vector<store::BlobRef> blobs = worker::blobs_of(manifest);
    blobs.push_back(list_blob);  // the last: what it lists is there already
    worker::upload(
        client_,
        [&](const Digest& digest) {
            const auto found = files.find(digest);
            return found == files.end() ? std::nullopt : std::optional(found->second);
        },
        blobs, [] { return false; });
    return list_blob.digest.hex();
}

void RemoteDesk::store_inputs(wire::Submission& submission, const InputFiles& only) {
    client_.get(std::string(root) + "/me");  // who can't come in learns it now, not after many tries
    const fs::path home = home_folder();
    fs::create_directories(home);
    store::HashCache cache(farm::Layout{home}.hashes());
    cli::store_inputs(submission, only, [&](const fs::path& path, const std::vector<std::string>* files) {
        return send(path, files, cache);
    });
}

void RemoteDesk::fetch(const std::string& job, const wire::Output& output, const fs::path& folder) {
    http::Ask ask;
    ask.path = path_of(job, "/files/" + http::encode(output.parameter));
    for (const fs::path& part : fs::path(output.path))
        ask.path += "/" + http::encode(part.string());
    Sha256 hash;
    const auto take = [&](const std::function<void(std::string_view)>& each) {
        ask.sink = [&](std::string_view piece) {
            hash.update(piece);
            each(piece);
        };
        client_.send(ask);
        if (hash.finish().hex() != output.digest)
            throw Error(Error::Kind::unavailable, "the output " + output.path + " came damaged", "try again");
    };
    worker::OutputContent content;
    content.lay = [&](const fs::path& at) {
        const Fd file = open_file(at, O_WRONLY | O_CREAT | O_EXCL, output.mode & 0777);
        take([&](std::string_view piece) { write_all(file.get(), piece, at); });
    };
    content.link_target = [&] {
        std::string target;
        take([&](std::string_view piece) { target += piece; });
        return target;
    };
    worker::place_output(output, folder, content);
}

}  // namespace atelier::cli
