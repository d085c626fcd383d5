// The connections by which the farm's database is read: a few, opened when they are needed and used again, so that
// nobody who reads waits for another one who does. Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "db/db.h"

namespace atelier::farm {

class Readers {
public:
    explicit Readers(std::string url) : url_(std::move(url)) {}

    // For the time of one reading; waits when all of them are in use.
    class Use {
    public:
        explicit Use(Readers& readers) : readers_(readers), connection_(readers.take()) {}
        ~Use() { readers_.give_back(std::move(connection_)); }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        db::Connection& operator*() const { return *connection_; }
        db::Connection* operator->() const { return connection_.get(); }

    private:
        Readers& readers_;
        std::unique_ptr<db::Connection> connection_;
    };

private:
    std::unique_ptr<db::Connection> take();
    void give_back(std::unique_ptr<db::Connection> connection) noexcept;

    const std::string url_;
    std::mutex mutex_;
    std::condition_variable given_back_;
    std::vector<std::unique_ptr<db::Connection>> idle_;
    int in_use_ = 0;
};

}  // namespace atelier::farm
