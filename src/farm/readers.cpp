#include "farm/readers.h"

namespace atelier::farm {

namespace {
constexpr int most = 4;
}

std::unique_ptr<db::Connection> Readers::take() {
    {
        std::unique_lock lock(mutex_);
        given_back_.wait(lock, [&] { return in_use_ < most; });
        ++in_use_;
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    try {
        return db::open(url_, db::Access::read_only);
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void Readers::give_back(std::unique_ptr<db::Connection> connection) noexcept {
    if (connection) connection->rollback();  // in case that a snapshot was left open
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        if (connection) idle_.push_back(std::move(connection));
    }
    given_back_.notify_one();
}

}  // namespace atelier::farm
