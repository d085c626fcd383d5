#include "api/receive.h"

#include <algorithm>
#include <array>
#include <vector>

#include "api/offload.h"

namespace atelier::api {

using http::Task;

namespace {

constexpr std::size_t piece_size = 256u << 10;

// As much as there is room for. What arrived before the client broke off counts, too.
Task<std::size_t> fill(Call& call, std::vector<char>& piece, std::exception_ptr& problem) {
    std::size_t held = 0;
    try {
        while (held < piece.size()) {
            const std::span<char> rest(piece.data() + held, piece.size() - held);
            const std::size_t count = co_await call.request.body->read(rest);
            if (count == 0) break;
            held += count;
        }
    } catch (...) {
        problem = std::current_exception();
    }
    co_return held;
}

}  // namespace

Task<void> receive(Call& call, const std::function<void(std::string_view)>& take) {
    const std::uint64_t length = call.request.body->length().value_or(piece_size);
    const auto size = static_cast<std::size_t>(std::clamp<std::uint64_t>(length, 1, piece_size));
    const auto signal = co_await http::Signal::make();
    std::array<std::vector<char>, 2> pieces;
    std::exception_ptr problem;
    Errand errand(call.context.offload, signal);
    for (std::size_t turns = 0; !problem; ++turns) {
        std::vector<char>& piece = pieces[turns % pieces.size()];
        piece.resize(size);
        const std::size_t count = co_await fill(call, piece, problem);
        co_await errand.end();
        if (count == 0) break;
        errand.begin([&take, &piece, count] { take({piece.data(), count}); });
    }
    co_await errand.end();
    if (problem) std::rethrow_exception(problem);
}

}  // namespace atelier::api
