// For the worker's tests: blobs that are sent in parts, which may be cut, or forgotten.
#pragma once

#include "worker/testing_blobs.h"

namespace atelier::worker::testing {

class TestUploads : public TestBlobs {
protected:
    void add_uploads() {
        router_.add(http::Method::post, "/api/v1/uploads", guarded([this](http::Request& request) {
                        ++uploads;
                        const json::Value asked = request.json();
                        const std::string digest(asked.at("digest").as_string());
                        json::Object answer;
                        answer["upload"] = digest;
                        answer["offset"] = parts[digest].size();
                        answer["present"] = false;
                        return http::Response::json(answer, 201);
                    }));
        router_.add(http::Method::get, "/api/v1/uploads/{upload}", guarded([this](http::Request& request) {
                        if (!parts.contains(request["upload"])) throw Error(Error::Kind::not_found, "no such upload");
                        json::Object answer;
                        answer["offset"] = parts[request["upload"]].size();
                        return http::Response::json(answer);
                    }));
        const http::Waiting patch = [this](http::Request& request) { return take_part(request); };
        router_.add(http::Method::patch, "/api/v1/uploads/{upload}", patch);
    }

    http::Task<http::Response> take_part(http::Request& request) {
        std::string buffer(256u << 10, '\0');
        const std::size_t cut = with([&] { return std::exchange(cut_upload_after, SIZE_MAX); });
        std::string& part = parts[request["upload"]];
        if (part.size() != static_cast<std::size_t>(request.asked_number("offset").value_or(0)))
            throw Error(Error::Kind::conflict, "not where it stands");
        std::size_t taken = 0;
        for (;;) {
            const std::span<char> into(buffer);
            const std::size_t count = co_await request.body->read(into);
            if (count == 0) break;
            taken += count;
            with([&] {
                part.append(buffer.data(), count);
                bytes_taken += count;
            });
            if (taken >= cut && forgets_uploads) with([&] { parts.erase(request["upload"]); });
            if (taken >= cut) throw Error(Error::Kind::unavailable, "cut");
        }
        json::Object answer;
        answer["offset"] = part.size();
        answer["done"] = sha256(part).hex() == request["upload"];
        with([&] { blobs[request["upload"]] = part; });
        co_return http::Response::json(answer);
    }
};

}  // namespace atelier::worker::testing
