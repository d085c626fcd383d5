#include "pipelines/sky/review/review_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <boost/json/object.hpp>

#include "base/embedded.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/text.h"
#include "http/server.h"
#include "pipelines/sky/review/judgement.h"
#include "pipelines/sky/review/report.h"

namespace atelier::pipelines::sky {

extern const EmbeddedFiles page_files, viewer_files;

namespace {

using http::Request;
using http::Response;

constexpr int token_length = 32;  // 160 bits
constexpr std::size_t longest_reason = 4000;
// The hash is that of a style without anything in it, by which the page keeps OpenSeadragon from adding one.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";
constexpr const char* file_policy = "default-src 'none'; frame-ancestors 'none'; sandbox";
// The engine asks for these when it starts, and for pictures of planets and pins; it is content with nothing in them.
constexpr std::array engine_texts = {"ConstellationNamePositions_v2_EN.txt", "constellations.txt", "figures.txt",
                                     "moons.txt"};
constexpr std::string_view clear_pixel(  // PNG
    "\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122\000\000\000\001\000\000\000\001\010\006\000\000"
    "\000\037\025\304\211\000\000\000\013\111\104\101\124\170\332\143\140\000\002\000\000\005\000\001\351\372\334\330"
    "\000\000\000\000\111\105\116\104\256\102\140\202",
    68);

struct Kind {
    std::string_view extension, type;
};
constexpr std::array kinds = {Kind{".html", "text/html; charset=utf-8"}, Kind{".js", "text/javascript; charset=utf-8"},
                              Kind{".css", "text/css; charset=utf-8"}, Kind{".txt", "text/plain; charset=utf-8"},
                              Kind{".svg", "image/svg+xml"}};
constexpr std::array image_kinds = {Kind{".png", "image/png"}, Kind{".jpg", "image/jpeg"}, Kind{".jpeg", "image/jpeg"},
                                    Kind{".fits", "application/fits"}};

template <class Kinds>
std::string_view type_of(const Kinds& known, std::string_view name) {
    for (const Kind& kind : known)
        if (name.ends_with(kind.extension)) return kind.type;
    throw Error(Error::Kind::not_found, "There is nothing of that name.");
}

// Takes as long for a token that is nearly right.
bool same(std::string_view one, std::string_view other) { return sha256(one) == sha256(other); }

Response embedded(const EmbeddedFiles& files, const std::string& name) {
    const auto found = files.find(name);
    if (found == files.end()) throw Error(Error::Kind::not_found, "There is nothing of that name.");
    return Response::text(std::string(found->second), type_of(kinds, name)).with("Cache-Control", "no-cache");
}

Response image_file(const Request& request, const std::filesystem::path& folder) {
    const std::string& path = request["path"];
    const std::string_view type = type_of(image_kinds, path);
    check_relative_path(path);
    Fd file = open_beneath(folder, path, O_RDONLY | O_NONBLOCK);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        throw Error(Error::Kind::not_found, "There is no such file.");
    const std::string tag =
        fmt::format("{}-{}-{}.{}", info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
    return http::file_response(request, file.get(), static_cast<std::uint64_t>(info.st_size), type, tag);
}

}  // namespace

class ReviewServer::Desk {
public:
    Desk(std::filesystem::path work_folder, std::uint16_t port)
        : awaiting_(std::move(work_folder)), token_(random_id(token_length)), server_(options(port), router_) {
        add_routes();
    }

    void start() { server_.start(); }
    void stop() { server_.stop(std::chrono::milliseconds(500)); }
    std::string url() const { return server_.url() + "/" + token_ + "/"; }
    std::size_t waiting() { return awaiting_.list().size(); }

private:
    using Answer = std::function<Response(const Request&)>;

    static http::ServerOptions options(std::uint16_t port) {
        http::ServerOptions options;
        options.port = port;
        return options;
    }

    void add(http::Method method, const std::string& pattern, const char* policy, Answer answer) {
        const auto guarded = [this, policy, answer = std::move(answer)](Request& request) {
            Response response = guard(request, answer);
            response.with("Content-Security-Policy", policy)
                .with("Referrer-Policy", "no-referrer")
                .with("Cross-Origin-Resource-Policy", "same-origin")
                .with("Cross-Origin-Opener-Policy", "same-origin");
            return response;
        };
        router_.add(method, pattern, http::Plain(guarded));
    }

    // Errors become answers here, since they need the same headers.
    Response guard(const Request& request, const Answer& answer) const {
        try {
            check(request);
            return answer(request);
        } catch (const Error& error) {
            return Response::error(error);
        }
    }

    void check(const Request& request) const {
        const std::string port = ":" + std::to_string(server_.port());
        const std::string host(request.header("host").value_or(""));
        if (host != "127.0.0.1" + port && host != "localhost" + port)
            throw Error(Error::Kind::denied, "This address isn't that of the review.");
        const auto origin = request.header("origin");
        if (origin && *origin != "http://" + host) throw Error(Error::Kind::denied, "Another page can't ask for this.");
        if (!same(request["token"], token_))
            throw Error(Error::Kind::denied, "The token in the address isn't that of this review.",
                        "Open the address that `atelier sky review` has printed.");
    }

    void add_routes() {
        using enum http::Method;
        add(get, "/{token}/", page_policy, [](const Request&) { return embedded(page_files, "index.html"); });
        add(get, "/{token}/page/{name}", page_policy,
            [](const Request& request) { return embedded(page_files, request["name"]); });
        add(get, "/{token}/viewer/{name}", page_policy,
            [](const Request& request) { return embedded(viewer_files, request["name"]); });
        add(get, "/{token}/engine/{name}", file_policy, engine_asset);
        add(get, "/{token}/images", file_policy, [this](const Request&) { return answer(list_report(awaiting_)); });
        add_image_routes();
    }

    void add_image_routes() {
        using enum http::Method;
        const std::string image = "/{token}/images/{shelf}/{id}";
        add(get, image, file_policy, [this](const Request& request) {
            return answer(image_report(awaiting_, shelf_by_name(request["shelf"]), request["id"]));
        });
        add(get, image + "/place.wtml", file_policy, [this](const Request& request) {
            const std::string base =
                "http://" + std::string(*request.header("host")) + "/" + token_ + "/images/" + request["shelf"] + "/";
            return Response::text(placed_wtml(awaiting_, shelf_by_name(request["shelf"]), request["id"], base),
                                  "application/x-wtml+xml")
                .with("Cache-Control", "no-store");
        });
        add(get, image + "/{path...}", file_policy, [this](const Request& request) {
            return image_file(request, awaiting_.folder_of(shelf_by_name(request["shelf"]), request["id"]));
        });
        add(post, image + "/approve", file_policy, [this](const Request& request) {
            approve(awaiting_, shelf_by_name(request["shelf"]), request["id"]);
            return Response::empty();
        });
        add(post, image + "/reject", file_policy, [this](const Request& request) {
            reject(awaiting_, shelf_by_name(request["shelf"]), request["id"], reason_of(request));
            return Response::empty();
        });
    }

    static Response answer(const json::Value& value) { return Response::json(value).with("Cache-Control", "no-store"); }

    static Response engine_asset(const Request& request) {
        for (const std::string_view known : engine_texts)
            if (request["name"] == known) return Response::text("");
        if (request["name"].ends_with(".png")) return Response::text(std::string(clear_pixel), "image/png");
        throw Error(Error::Kind::not_found, "The engine runs without that.");
    }

    static std::string reason_of(const Request& request) {
        const json::Value body = request.json();
        const auto* object = body.if_object();
        const auto* reason = object ? object->if_contains("reason") : nullptr;
        if (!reason || !reason->is_string()) throw Error(Error::Kind::invalid, "A reason is expected.", {}, "reason");
        const std::string text(trim(std::string_view(reason->get_string())));
        if (text.empty() || text.size() > longest_reason)
            throw Error(Error::Kind::invalid, "The reason must have 1 to 4000 characters.", {}, "reason");
        return text;
    }

    Awaiting awaiting_;
    const std::string token_;
    http::Router router_;
    http::Server server_;  // last, so that it stops first
};

ReviewServer::ReviewServer(std::filesystem::path work_folder, std::uint16_t port)
    : desk_(std::make_unique<Desk>(std::move(work_folder), port)) {}
ReviewServer::~ReviewServer() = default;
void ReviewServer::start() { desk_->start(); }
void ReviewServer::stop() { desk_->stop(); }
std::string ReviewServer::url() const { return desk_->url(); }
std::size_t ReviewServer::waiting() { return desk_->waiting(); }

}  // namespace atelier::pipelines::sky
