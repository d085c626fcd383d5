// Work on many files on all cores. For the sources of media/ alone.
#pragma once

#include <cstddef>
#include <functional>

namespace atelier::media {

// action(0) to action(count - 1), each once, in no order; `done` after each, one at a time. What one of them throws
// comes out when all that had begun have ended, and no more are begun.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& action,
                 const std::function<void()>& done = {});

}  // namespace atelier::media
