// One connection to PostgreSQL in pipeline mode: statements are prepared once by their text, put on their way, and
// waited for together. For postgres.cpp alone.
#pragma once

#include <libpq-fe.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "db/row.h"

namespace atelier::db {

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

class Pipeline {
public:
    Pipeline(std::string url, std::string shown) : url_(std::move(url)), shown_(std::move(shown)) {}

    void connect(const std::string& settings);  // anew; `settings` is SQL that is run at once
    void disconnect();
    bool is_connected() const { return handle_ != nullptr; }
    bool in_transaction() const;  // as the server said when it was last waited for

    void send(std::string_view sql, std::span<const Bound> values);
    std::size_t waiting() const { return sent_.size(); }
    enum class Last { asked, sent };  // whether somebody waits for the last statement's own result
    // Waits for all that was sent, and gives the result of the last. Throws what went wrong first: SentFailed unless it
    // is the one that was asked, Error::unavailable (and is disconnected) when the connection was lost.
    Result wait(Last last);
    void script(const std::string& sql);  // when nothing is waited for

private:
    struct Close {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    struct Sent {
        std::string sql;
        bool prepares = false;
    };

    const std::string& prepared(std::string_view sql);
    std::vector<const char*> in_text(std::span<const Bound> values);
    void forget_all();
    Result result_of(const Sent& sent);
    void take_sync();
    void check_sent(int code);
    [[noreturn]] void lose();

    const std::string url_;
    const std::string shown_;
    std::unique_ptr<PGconn, Close> handle_;
    std::unordered_map<std::string, std::string, Hash, std::equal_to<>> prepared_;  // text → name
    std::uint64_t names_ = 0;
    std::deque<Sent> sent_;
    std::string values_;  // of the statement that is sent just now
};

}  // namespace atelier::db
