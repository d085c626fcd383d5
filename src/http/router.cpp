#include "http/router.h"

#include <stdexcept>

#include "base/text.h"

namespace atelier::http {

struct Router::Node {
    struct Route {
        Handler handler;
        std::size_t most_content = 0;
        std::vector<std::string> names;  // of its places, in order
    };
    using Routes = std::map<Method, Route>;

    // What a path leads to, and what stands for the places on the way.
    struct Way {
        std::string_view path;
        std::vector<std::string_view> segments;
        std::vector<std::string_view> taken;
        const Routes* routes = nullptr;
    };
    bool lead(Way& way, std::size_t at) const;

    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> any;
    Routes routes;
    Routes rest_routes;  // {name...} stands here
};

// Literal first, then {name}, then {name...}; from a dead end it goes back to the last choice.
bool Router::Node::lead(Way& way, std::size_t at) const {
    if (at == way.segments.size()) {
        way.routes = &routes;
        return !routes.empty();
    }
    const std::string_view segment = way.segments[at];
    const auto literal = literals.find(segment);
    if (literal != literals.end() && literal->second->lead(way, at + 1)) return true;
    if (any && !segment.empty()) {
        way.taken.push_back(segment);
        if (any->lead(way, at + 1)) return true;
        way.taken.pop_back();
    }
    const auto offset = static_cast<std::size_t>(segment.data() - way.path.data());
    if (rest_routes.empty() || offset == way.path.size()) return false;
    way.taken.push_back(way.path.substr(offset));
    way.routes = &rest_routes;
    return true;
}

namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
    if (path.empty() || path.front() != '/') return {};
    return split(path.substr(1), '/');
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string_view pattern, Handler handler, std::size_t most_content) {
    Node* node = root_.get();
    Node::Route route{std::move(handler), most_content, {}};
    auto* routes = &node->routes;
    for (std::string_view segment : segments_of(pattern)) {
        const bool is_place = segment.starts_with('{') && segment.ends_with('}');
        if (is_place) segment = segment.substr(1, segment.size() - 2);
        const bool is_rest = is_place && segment.ends_with("...");
        if (is_rest) segment.remove_suffix(3);
        if (is_place) route.names.emplace_back(segment);
        if (is_rest) {
            routes = &node->rest_routes;
            break;
        }
        auto& next = is_place ? node->any : node->literals[std::string(segment)];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
        routes = &node->routes;
    }
    if (!routes->emplace(method, std::move(route)).second)
        throw std::logic_error("two routes for " + std::string(name_of(method)) + " " + std::string(pattern));
}

Router::Found Router::find(Method method, std::string_view path) const {
    Found found;
    Node::Way way{path, segments_of(path), {}, nullptr};
    if (way.segments.empty() || !root_->lead(way, 0)) return found;
    const Node::Routes& routes = *way.routes;
    auto route = routes.find(method);
    if (route == routes.end() && method == Method::head) route = routes.find(Method::get);
    if (route == routes.end()) {
        for (const auto& [known, unused] : routes)
            found.allowed.push_back(known);
        if (routes.contains(Method::get) && !routes.contains(Method::head)) found.allowed.push_back(Method::head);
        return found;
    }
    found.handler = &route->second.handler;
    found.most_content = route->second.most_content;
    for (std::size_t i = 0; i < way.taken.size(); ++i)
        found.places[route->second.names[i]] = decode(way.taken[i], false);
    return found;
}

}  // namespace atelier::http
