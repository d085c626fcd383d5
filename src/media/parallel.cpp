#include "media/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace atelier::media {

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& action, const std::function<void()>& done) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t i = next++; i < count; i = next++) {
                action(i);
                const std::lock_guard lock(mutex);
                if (done) done();
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> threads;
        const std::size_t cores = std::min<std::size_t>(count, std::thread::hardware_concurrency());
        for (std::size_t i = 1; i < cores; ++i)
            threads.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace atelier::media
