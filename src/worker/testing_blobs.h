// For the worker's tests: the server's side of blobs over real HTTP, in memory, with faults on demand. The real one is
// in src/api; tests/ has the two together.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/json_struct.h"
#include "http/client.h"
#include "http/router.h"
#include "http/server.h"
#include "wire/exchange_json.h"

namespace atelier::worker::testing {

class TestBlobs {
public:
    template <class F>
    auto with(const F& f) {
        const std::lock_guard lock(mutex_);
        return f();
    }
    // Away: every request is answered with 503.
    void set_away(bool value) {
        with([&] { away = value; });
    }
    Digest put(const std::string& bytes) {
        const Digest digest = sha256(bytes);
        with([&] { blobs[digest.hex()] = bytes; });
        return digest;
    }
    bool has(const std::string& bytes) {
        return with([&] { return blobs.contains(sha256(bytes).hex()); });
    }

    bool away = false;
    std::map<std::string, std::string> blobs;
    std::map<std::string, std::string> parts;   // of uploads that aren't done, by id, which is the digest
    std::size_t cut_upload_after = SIZE_MAX;    // once: so many bytes of a part are taken, then it fails
    std::size_t cut_download_after = SIZE_MAX;  // once: so many bytes are sent, then the connection breaks
    bool forgets_uploads = false;               // when it is cut
    int damaged_downloads = 0;                  // so many more come with a wrong byte
    int downloads = 0;
    int uploads = 0;
    std::size_t bytes_taken = 0;

protected:
    template <class F>
    auto guarded(F f) {
        return [this, f](http::Request& request) {
            const std::lock_guard lock(mutex_);
            if (request.header("authorization") != "Bearer good")
                throw Error(Error::Kind::denied, "the token isn't known");
            if (away) throw Error(Error::Kind::unavailable, "away");
            return f(request);
        };
    }

    void add_blobs() {
        constexpr std::size_t most = 64u << 20;
        router_.add(http::Method::post, "/api/v1/blobs/missing", guarded([this](http::Request& request) {
                        json::Array missing;
                        const json::Value asked = request.json();
                        for (const json::Value& each : asked.at("blobs").as_array())
                            if (!blobs.contains(std::string(each.at("digest").as_string())))
                                missing.push_back(each.at("digest"));
                        json::Object answer;
                        answer["missing"] = missing;
                        return http::Response::json(answer);
                    }));
        const auto put_blob = [this](http::Request& request) {
            ++uploads;
            const bool is_new = blobs.emplace(request["digest"], request.content).second;
            return http::Response::json(json::Object{}, is_new ? 201 : 200);
        };
        router_.add(http::Method::put, "/api/v1/blobs/{digest}", guarded(put_blob), most);
        router_.add(http::Method::get, "/api/v1/blobs/{digest}",
                    guarded([this](http::Request& request) { return download(request); }));
    }

    http::Response download(http::Request& request) {
        ++downloads;
        const auto found = blobs.find(request["digest"]);
        if (found == blobs.end()) throw Error(Error::Kind::not_found, "there is no such blob");
        std::size_t from = 0;
        if (const auto range = request.header("range"))
            from = std::stoul(std::string(range->substr(std::string_view("bytes=").size())));
        auto bytes = std::make_shared<std::string>(found->second.substr(from));
        http::Response response;
        response.status = from > 0 ? 206 : 200;
        response.length = bytes->size();
        if (damaged_downloads > 0 && !bytes->empty()) {
            --damaged_downloads;
            bytes->back() = static_cast<char>(~bytes->back());
        }
        const std::size_t cut = std::exchange(cut_download_after, SIZE_MAX);
        response.pieces = [bytes, cut, sent = std::size_t{0}]() mutable {
            if (sent >= cut) throw Error(Error::Kind::internal, "cut");
            const std::size_t begin = sent;
            sent = std::min({sent + (64u << 10), bytes->size(), cut});
            return std::string_view(*bytes).substr(begin, sent - begin);
        };
        return response;
    }

    std::mutex mutex_;
    http::Router router_;
};

}  // namespace atelier::worker::testing
