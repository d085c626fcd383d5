#include "db/postgres_pipeline.h"

#include <array>
#include <charconv>

#include "base/text.h"
#include "db/db.h"
#include "db/postgres_error.h"

namespace atelier::db {

namespace {

constexpr std::size_t most_kept = 512;     // prepared statements; a bound for texts that are built
constexpr std::size_t flush_interval = 8;  // statements; the server works while we think of the next ones

// A dead server, or a dead network, is noticed within about ten seconds. What the URL says comes first.
constexpr std::array defaults = {
    std::pair{"connect_timeout", "10"},     std::pair{"keepalives_idle", "5"},
    std::pair{"keepalives_interval", "2"},  std::pair{"keepalives_count", "3"},
    std::pair{"tcp_user_timeout", "10000"}, std::pair{"application_name", "atelier"},
};

void append_text(std::string& to, std::string_view text) {
    if (text.find('\0') != std::string_view::npos || !count_characters(text))
        throw Error(Error::Kind::invalid, "the database keeps text in UTF-8 alone: " + printable(text.substr(0, 64)));
    to += text;
}

template <class Number>
void append_number(std::string& to, Number number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    to.append(digits.data(), end);
}

}  // namespace

void Pipeline::connect(const std::string& settings) {
    disconnect();
    std::vector<const char*> names;
    std::vector<const char*> values;
    const auto add = [&](const char* name, const char* value) {
        names.push_back(name);
        values.push_back(value);
    };
    for (const auto& [name, value] : defaults)
        add(name, value);
    add("dbname", url_.c_str());  // the whole URL: read into its parts
    add("client_encoding", "UTF8");
    add(nullptr, nullptr);
    handle_.reset(PQconnectdbParams(names.data(), values.data(), 1));
    if (!handle_) throw Error(Error::Kind::exhausted, "the database " + shown_ + ": out of memory");
    if (PQstatus(handle_.get()) != CONNECTION_OK) {
        const Error problem = connect_error(handle_.get(), shown_);
        disconnect();
        throw problem;
    }
    PQsetNoticeProcessor(
        handle_.get(), [](void*, const char*) {}, nullptr);
    PQenterPipelineMode(handle_.get());
    script(settings);
}

void Pipeline::disconnect() {
    handle_.reset();
    prepared_.clear();
    sent_.clear();
}

bool Pipeline::in_transaction() const {
    if (!handle_) return false;
    const PGTransactionStatusType status = PQtransactionStatus(handle_.get());
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

void Pipeline::lose() {
    disconnect();
    throw lost_error(shown_);
}

void Pipeline::check_sent(int code) {
    if (code != 1) lose();
}

const std::string& Pipeline::prepared(std::string_view sql) {
    if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
    if (prepared_.size() >= most_kept) forget_all();
    const std::string text(sql);
    const std::string name = "s" + std::to_string(++names_);
    check_sent(PQsendPrepare(handle_.get(), name.c_str(), text.c_str(), 0, nullptr));
    sent_.push_back({text, true});
    return prepared_.emplace(text, name).first->second;
}

void Pipeline::forget_all() {
    constexpr const char* sql = "DEALLOCATE ALL";
    check_sent(PQsendQueryParams(handle_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 0));
    sent_.push_back({sql, false});
    prepared_.clear();
}

// All values in the text form, ended by zeros, one behind the other in values_.
std::vector<const char*> Pipeline::in_text(std::span<const Bound> values) {
    constexpr std::size_t null = std::string::npos;
    std::vector<std::size_t> begins;
    values_.clear();
    for (const Bound& value : values) {
        begins.push_back(std::holds_alternative<std::nullptr_t>(value) ? null : values_.size());
        if (const auto* integer = std::get_if<std::int64_t>(&value))
            append_number(values_, *integer);
        else if (const auto* real = std::get_if<double>(&value))
            append_number(values_, *real);
        else if (const auto* text = std::get_if<std::string_view>(&value))
            append_text(values_, *text);
        values_ += '\0';
    }
    std::vector<const char*> pointers;
    pointers.reserve(begins.size());
    for (const std::size_t begin : begins)
        pointers.push_back(begin == null ? nullptr : values_.data() + begin);
    return pointers;
}

void Pipeline::send(std::string_view sql, std::span<const Bound> values) {
    const std::vector<const char*> texts = in_text(values);
    const std::string& name = prepared(sql);
    check_sent(PQsendQueryPrepared(handle_.get(), name.c_str(), static_cast<int>(texts.size()), texts.data(), nullptr,
                                   nullptr, 0));
    sent_.push_back({std::string(sql), false});
    if (sent_.size() % flush_interval == 0) PQflush(handle_.get());
}

// libpq ends the results of each statement by a null pointer.
Result Pipeline::result_of(const Sent& sent) {
    Result result(PQgetResult(handle_.get()));
    if (!result || PQstatus(handle_.get()) == CONNECTION_BAD) lose();
    const ExecStatusType status = PQresultStatus(result.get());
    const bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (sent.prepares && !good) prepared_.erase(sent.sql);
    while (Result more{PQgetResult(handle_.get())})
        if (PQstatus(handle_.get()) == CONNECTION_BAD) lose();
    return result;
}

void Pipeline::take_sync() {
    const Result sync(PQgetResult(handle_.get()));
    if (!sync || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) lose();
}

Result Pipeline::wait(Last last) {
    check_sent(PQpipelineSync(handle_.get()));
    std::optional<Error> problem;
    bool was_asked = false;
    Result result;
    while (!sent_.empty()) {
        const Sent sent = std::move(sent_.front());
        sent_.pop_front();
        result = result_of(sent);
        if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR || problem) continue;
        problem = postgres_error(result.get(), shown_, sent.sql);
        was_asked = last == Last::asked && sent_.size() == (sent.prepares ? 1 : 0);
    }
    take_sync();
    if (!problem) return result;
    if (was_asked) throw *problem;
    throw SentFailed(problem->kind(), problem->what(), problem->hint(), problem->where());
}

void Pipeline::script(const std::string& sql) {
    if (PQexitPipelineMode(handle_.get()) != 1) lose();
    const Result result(PQexec(handle_.get(), sql.c_str()));
    if (PQstatus(handle_.get()) == CONNECTION_BAD) lose();
    PQenterPipelineMode(handle_.get());
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) throw postgres_error(result.get(), shown_, sql);
}

}  // namespace atelier::db
