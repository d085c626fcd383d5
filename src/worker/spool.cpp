#include "worker/spool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json_struct.h"
#include "base/log.h"
#include "base/text.h"
#include "http/message.h"
#include "wire/exchange_json.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

constexpr const char* aside_name = "aside";
constexpr std::string_view extension = ".result";

struct Record {
    std::string worker;
    std::string boot;
    std::uint64_t sequence = 0;
    wire::AttemptReport report;
};
BOOST_DESCRIBE_STRUCT(Record, (), (worker, boot, sequence, report))

// The hash of the rest stands in the first line: a file that was cut or changed is known.
std::string to_text(const Record& record) {
    const std::string body = json::text(json::write(record));
    return sha256(body).hex() + "\n" + body;
}

Record from_text(std::string_view text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || sha256(text.substr(end + 1)).hex() != text.substr(0, end))
        throw Error(Error::Kind::invalid, "it is damaged");
    return json::read<Record>(json::parse(text.substr(end + 1)));
}

}  // namespace

Spool::Spool(fs::path folder, std::string worker) : folder_(std::move(folder)), worker_(std::move(worker)) {
    fs::create_directories(folder_);
}

fs::path Spool::file_of(const wire::AttemptId& attempt) const {
    return folder_ / fmt::format("{}-{}-{}-{}{}", http::encode(attempt.job), attempt.step, attempt.task, attempt.epoch,
                                 extension);
}

void Spool::keep(const wire::ExchangeRequest& request) {
    for (const wire::AttemptReport& report : request.attempts)
        if (report.result) keep(report, request.boot, request.sequence);
}

void Spool::keep(const wire::AttemptReport& report, const std::string& boot, std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    const fs::path file = file_of(report.attempt);
    if (fs::exists(file)) return;
    is_empty_ = false;
    write_file_durably(file, to_text({worker_, boot, sequence, report}), 0600);
}

void Spool::remove(const wire::ExchangeRequest& request) {
    std::vector<wire::AttemptId> answered;
    for (const wire::AttemptReport& report : request.attempts)
        if (report.result) answered.push_back(report.attempt);
    remove(answered);
}

void Spool::remove(const std::vector<wire::AttemptId>& attempts) {
    const std::lock_guard lock(mutex_);
    if (is_empty_ || attempts.empty()) return;
    for (const wire::AttemptId& attempt : attempts)
        ::unlink(file_of(attempt).c_str());
    is_empty_ = std::none_of(fs::directory_iterator(folder_), fs::directory_iterator(),
                             [](const auto& entry) { return entry.path().extension() == extension; });
}

std::vector<Spool::Left> Spool::left() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::map<std::string, Left> by_boot;
    for (const fs::path& file : files) {
        try {
            if (file.extension() != extension) throw Error(Error::Kind::invalid, "it was not written to its end");
            Record record = from_text(read_file(file));
            if (record.worker != worker_) throw Error(Error::Kind::invalid, "it is another worker's");
            if (!record.report.result) throw Error(Error::Kind::invalid, "there is no result in it");
            Left& left = by_boot[record.boot];
            left.boot = record.boot;
            left.sequence = std::max(left.sequence, record.sequence);
            left.attempts.push_back(std::move(record.report));
        } catch (const Error& error) {
            put_aside(file, error.what());
        }
    }
    std::vector<Left> all;
    for (auto& [boot, left] : by_boot)
        all.push_back(std::move(left));
    return all;
}

void Spool::put_aside(const wire::AttemptReport& report, const std::string& why) {
    put_aside(file_of(report.attempt), why);
}

void Spool::put_aside(const fs::path& file, const std::string& why) {
    const fs::path aside = folder_ / aside_name;
    fs::create_directories(aside);
    fs::rename(file, aside / file.filename());
    log::warning(fmt::format("the result in {} can't be delivered, {}; it is put aside into {}",
                             printable(file.filename().native()), why, aside.string()));
}

}  // namespace atelier::worker
