#include "pipelines/sky/pyramid/by_threads.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace atelier::pipelines::sky {

void by_threads(unsigned threads, std::size_t count,
                const std::function<std::function<void(std::size_t)>()>& make_action) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            const auto action = make_action();
            for (std::size_t i = next++; i < count; i = next++)
                action(i);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (unsigned i = 1; i < threads && i < count; ++i)
            helpers.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace atelier::pipelines::sky
