// Much of the same on several threads: files to copy, requests to make. How many threads is the caller's choice: cores
// for work, more for waiting.
#pragma once

#include <cstddef>
#include <functional>

namespace atelier {

// action(0) to action(count - 1), each once, in no order. What one of them throws comes out when all that had begun
// have ended, and no more are begun.
void in_parallel(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& action);

}  // namespace atelier
