#include "served.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "base/hash.h"
#include "base/text.h"
#include "wire/submission.h"

namespace atelier::tests {

namespace fs = std::filesystem;

namespace {

constexpr const char* usual_script = R"(
echo "first half of $N" > "$OUT/part-$N.txt"
if [ $((N % 40)) = 7 ]; then setsid sleep 300 & fi
sleep SECONDS
echo "second half of $N" >> "$OUT/part-$N.txt"
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    if (const std::size_t at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
    return text;
}

bool has(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

int free_port() {
    constexpr int first = 12'000, last = 29'000;
    static std::mt19937 random(static_cast<unsigned>(::getpid()));
    for (;;) {
        const int port = std::uniform_int_distribution(first, last)(random);
        const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return port;
    }
}

Server::Server(const Ground& ground, std::vector<std::string> more) : ground_(ground), command_(std::move(more)) {
    if (!has(command_, "--listen")) {
        command_.push_back("--listen");
        command_.push_back(fmt::format("127.0.0.1:{}", free_port()));
    }
    if (!has(command_, "--workers")) command_.insert(command_.end(), {"--workers", "0"});
    command_.insert(command_.begin(), "serve");
    start();
    const std::string token(trim(ground_.read("data/token")));
    client_ = std::make_unique<http::Client>(http::ClientOptions{url_, token, {}});
}

void Server::start() {
    std::map<std::string, std::string> all = ground_.variables;
    all.insert(variables.begin(), variables.end());
    process_ = std::make_unique<Running>(command_, ground_.root(), all);
    const auto begins = [&] { return process_->out().find(" at http") != std::string::npos; };
    const bool serves = eventually([&] { return begins() || process_->ended(); }) && begins();
    if (!serves) {
        ADD_FAILURE() << "the server does not come up: " << said();
        throw Error(Error::Kind::unavailable, "the server does not come up");
    }
    const std::string line = process_->out();
    const std::size_t begin = line.find(" at http") + 4;
    url_ = line.substr(begin, line.find('\n', begin) - begin);
}

void Server::kill() {
    process_->signal(SIGKILL);
    EXPECT_EQ(process_->wait().signal, SIGKILL) << "the server had ended by itself: " << said();
}

void Server::stop() {
    process_->signal(SIGTERM);
    const Ended ended = process_->wait();
    EXPECT_EQ(ended.status, 0) << ended.all();
}

RemoteWorker::RemoteWorker(const Ground& ground, std::string name, const std::string& url,
                           std::vector<std::string> more, std::vector<std::string> before)
    : ground_(ground), name_(std::move(name)), command_(std::move(more)), before_(std::move(before)) {
    if (!has(command_, "--slots")) command_.insert(command_.end(), {"--slots", "1"});
    command_.insert(command_.begin(), {"worker", "--server", url, "--name", name_, "--data", folder().string(),
                                       "--token-file", ground.path("data/token").string()});
    start();
}

void RemoteWorker::start() {
    process_ = std::make_unique<Running>(command_, ground_.root(), ground_.variables, before_);
}

void RemoteWorker::kill() {
    process_->signal(SIGKILL);
    EXPECT_EQ(process_->wait().signal, SIGKILL) << "the worker had ended by itself: " << said();
}

Ended RemoteWorker::leave() {
    process_->signal(SIGTERM);
    const Ended ended = process_->wait();
    EXPECT_EQ(ended.status, 0) << ended.all();
    return ended;
}

std::string RemoteWorker::id() const { return std::string(trim(ground_.read(name_ + "/id"))); }

std::string LongJob::submit(http::Client& client, const Ground& ground) const {
    const std::string text = script.empty() ? replaced(usual_script, "SECONDS", seconds) : script;
    std::string document = shell_job(text, tasks);
    const std::string run = "args: [\"{{Task.File.Run}}\"]";
    if (!cancelation.empty()) document = replaced(document, run, run + ", cancelation: " + cancelation);
    wire::Submission submission;
    submission.job_template = {document, "yaml", "job.yaml"};
    submission.template_folder = submission.current_folder = ground.root().string();
    submission.settings.isolate = true;
    const json::Value answer = client.post("/api/v1/jobs", json::parse(wire::to_json(submission)));
    return std::string(answer.at("job").at("id").as_string());
}

std::string LongJob::content(int number) {
    return fmt::format("first half of {}\nsecond half of {}\n", number, number);
}

std::int64_t Books::count(const std::string& sql) const {
    try {
        const auto row = open()->row<std::optional<std::int64_t>>(sql);
        return row ? std::get<0>(*row).value_or(0) : 0;
    } catch (const Error&) {  // not there yet, or away just now
        return 0;
    }
}

std::string Books::state(const std::string& job) const {
    try {
        return std::string(farm::name_of(farm::job_by_id(*open(), job).state));
    } catch (const Error& error) {
        return error.what();
    }
}

::testing::AssertionResult Books::succeeds(const std::string& job) const {
    if (eventually([&] { return state(job) == "SUCCEEDED"; })) return ::testing::AssertionSuccess();
    const auto database = open();
    auto failure = ::testing::AssertionFailure() << state(job) << ' ' << farm::job_by_id(*database, job).message;
    database->each<std::int64_t, int, std::int64_t, std::string, std::string>(
        "SELECT task, state, epoch, COALESCE(worker, ''), COALESCE(session, '') FROM tasks ORDER BY step, task",
        [&](std::int64_t task, int state, std::int64_t epoch, const std::string& worker, const std::string& session) {
            failure << fmt::format("\n  task {} {} epoch {} {} {}", task,
                                   farm::name_of(static_cast<farm::TaskState>(state)), epoch, worker, session);
        });
    database->each<std::string, std::string, std::int64_t>(
        "SELECT id, name, seen_at FROM workers", [&](const std::string& id, const std::string& name, std::int64_t at) {
            failure << fmt::format("\n  worker {} {} heard of {} ms ago", id, name,
                                   (system_clock().wall() - at) / 1000);
        });
    return failure << '\n';
}

void expect_each_task_once(const Books& books, const std::string& job, int tasks, int outputs) {
    const auto database = books.open();
    const farm::JobSummary summary = farm::job_by_id(*database, job);
    EXPECT_EQ(farm::name_of(summary.state), "SUCCEEDED") << summary.message;
    EXPECT_EQ(summary.succeeded, static_cast<std::uint64_t>(tasks));
    EXPECT_EQ(summary.failed, 0u);
    std::map<std::uint64_t, int> successes;
    for (const farm::AttemptRecord& attempt : farm::attempts_of(*database, job, {}, {}, 1'000'000)) {
        if (attempt.result.result == farm::ResultClass::succeeded) ++successes[attempt.id.task];
        EXPECT_NE(attempt.result.result, farm::ResultClass::failed_app)
            << to_string(attempt.id) << ": " << attempt.result.reason;
    }
    EXPECT_EQ(successes.size(), static_cast<std::size_t>(tasks));
    for (const auto& [task, count] : successes)
        EXPECT_EQ(count, 1) << "task " << task << " succeeded more than once";
    const auto held =
        database->row<std::int64_t>("SELECT count(*) FROM tasks WHERE worker IS NOT NULL AND worker <> ''");
    EXPECT_EQ(std::get<0>(*held), 0) << "nothing is leased any more";
    EXPECT_EQ(farm::running_attempts(*database, job).size(), 0u);
    EXPECT_EQ(farm::artifacts_of(*database, job).size(), static_cast<std::size_t>(outputs));
}

void expect_outputs_right(const Ground& ground, const std::string& job, int tasks) {
    const fs::path folder = ground.path("downloaded-" + job);
    const Ended download = ground.run({"job", "download", job, "--to", folder.string()});
    ASSERT_EQ(download.status, 0) << download.all();
    for (int number = 1; number <= tasks; ++number)
        EXPECT_EQ(ground.read(fmt::format("downloaded-{}/part-{}.txt", job, number)), LongJob::content(number));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), tasks);
    const Ended check = ground.run({"store", "check"});
    EXPECT_EQ(check.status, 0) << check.all();
}

void expect_worker_clean(const RemoteWorker& worker) {
    const auto is_clean = [&] {
        return fs::is_empty(worker.folder() / "sessions") && fs::is_empty(worker.folder() / "spool/results") &&
               fs::is_empty(worker.folder() / "spool/logs");
    };
    EXPECT_TRUE(eventually(is_clean, seconds(30))) << "something is left in " << worker.folder();
}

}  // namespace atelier::tests
