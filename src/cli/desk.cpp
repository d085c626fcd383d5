#include "cli/desk.h"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "cli/home.h"
#include "farm/asks.h"
#include "farm/farm.h"

namespace atelier::cli {

namespace {
constexpr std::chrono::milliseconds answer_poll{10};
}

Desk::Desk() : layout_{home_folder()} {}

db::Connection& Desk::reader() {
    if (!has_tables())
        throw Error(Error::Kind::not_found, "no job was ever submitted here",
                    "`atelier run TEMPLATE` runs one; ATELIER_HOME names another data folder", layout_.root.string());
    return *reader_;
}

bool Desk::has_tables() {
    if (reader_) return true;
    if (!std::filesystem::exists(layout_.database())) return false;
    auto reader = db::open(layout_.database().string(), db::Access::read_only);
    if (!reader->row<int>("SELECT 1 FROM sqlite_master WHERE name = 'jobs'")) return false;
    reader_ = std::move(reader);
    return true;
}

bool Desk::has_owner() const {
    const Fd lock(::open(layout_.lock().c_str(), O_RDWR | O_CLOEXEC));
    return lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0;  // ours goes with the descriptor
}

json::Value Desk::ask(const std::string& verb, const json::Object& body) {
    for (;;) {
        if (has_owner()) {
            if (auto answer = ask_owner(verb, body)) return *answer;
            continue;
        }
        try {
            farm::Farm farm({layout_, {}, &system_clock()});
            return farm.perform(verb, body);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::unavailable || !has_owner()) throw;
        }
    }
}

json::Value Desk::ask(const std::string& verb, const std::string& job) {
    json::Object body;
    body["job"] = job;
    return ask(verb, body);
}

std::optional<json::Value> Desk::ask_owner(const std::string& verb, const json::Object& body) {
    const auto connection = db::open(layout_.database().string());
    const std::int64_t number = farm::leave_ask(*connection, verb, body);
    for (;;) {
        const bool owned = has_owner();
        if (auto answer = farm::take_answer(*connection, number)) return answer;
        if (!owned) {
            farm::withdraw_ask(*connection, number);
            return std::nullopt;
        }
        std::this_thread::sleep_for(answer_poll);
    }
}

}  // namespace atelier::cli
