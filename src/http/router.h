// Which handler a request belongs to. Literal segments win over {name}, which wins over {name...} (the rest of the
// path, with its slashes). A path that is known by other methods alone is 405 with Allow; HEAD goes where GET goes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/message.h"

namespace atelier::http {

using Plain = std::function<Response(Request&)>;          // on a pool of threads: it may block for a while
using Waiting = std::function<Task<Response>(Request&)>;  // on the network's threads: it may wait, never block
using Handler = std::variant<Plain, Waiting>;

class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    // Throws std::logic_error for a pattern that is there already.
    void add(Method method, std::string_view pattern, Handler handler, std::size_t most_content = default_most_content);

    struct Found {
        const Handler* handler = nullptr;
        std::size_t most_content = 0;               // of a plain handler's body
        std::map<std::string, std::string> places;  // decoded
        std::vector<Method> allowed;                // when there is no handler: those that the path has
    };
    Found find(Method method, std::string_view path) const;

    static constexpr std::size_t default_most_content = 1u << 20;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace atelier::http
