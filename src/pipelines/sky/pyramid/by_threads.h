// Pieces of work for several threads, each with tools of its own.
#pragma once

#include <cstddef>
#include <functional>

namespace atelier::pipelines::sky {

// Each thread asks for an action once, which is then called with numbers from 0 to count - 1: every one once, in no
// order. What one of them throws comes out when all that had begun have ended, and no more are begun.
void by_threads(unsigned threads, std::size_t count,
                const std::function<std::function<void(std::size_t)>()>& make_action);

}  // namespace atelier::pipelines::sky
