// For the worker's tests: a server that also takes exchanges and logs, over real HTTP, in memory.
#pragma once

#include "worker/testing_uploads.h"

namespace atelier::worker::testing {

class TestServer : public TestUploads {
public:
    TestServer() {
        add_blobs();
        add_uploads();
        add_worker();
        server_ = std::make_unique<http::Server>(http::ServerOptions{}, router_);
        server_->start();
    }

    std::shared_ptr<http::Client> client(const std::string& token = "good") const {
        return std::make_shared<http::Client>(
            http::ClientOptions{server_->url(), token, {}, std::chrono::milliseconds(5'000)});
    }

    std::vector<wire::ExchangeRequest> exchanges;
    std::map<std::string, std::string> logs;
    wire::ExchangeReply reply;
    bool refuses_worker = false;

private:
    void add_worker() {
        router_.add(http::Method::post, "/api/v1/workers/{id}/exchange", guarded([this](http::Request& request) {
                        if (refuses_worker) throw Error(Error::Kind::conflict, "another protocol");
                        exchanges.push_back(json::read<wire::ExchangeRequest>(request.json()));
                        wire::ExchangeReply answer = std::exchange(reply, {});
                        answer.sequence = exchanges.back().sequence;
                        answer.interval_ms = 50;
                        return http::Response::json(json::write(answer));
                    }));
        router_.add(http::Method::post, "/api/v1/workers/{id}/nudge",
                    guarded([](http::Request&) { return http::Response::empty(); }));
        router_.add(http::Method::post, "/api/v1/workers/{id}/jobs/{job}/logs/{session}",
                    guarded([this](http::Request& request) {
                        std::string& log = logs[request["session"]];
                        const auto offset = static_cast<std::size_t>(request.asked_number("offset").value_or(0));
                        log.resize(std::max(log.size(), offset + request.content.size()));
                        log.replace(offset, request.content.size(), request.content);
                        return http::Response::empty();
                    }));
        router_.add(http::Method::post, "/api/v1/workers/{id}/jobs/{job}/logs/{session}/end",
                    guarded([](http::Request&) { return http::Response::empty(); }));
    }

    std::unique_ptr<http::Server> server_;
};

}  // namespace atelier::worker::testing
