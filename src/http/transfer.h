// One request and its answer, on a handle of libcurl that is used again for the next.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"

namespace atelier::http {

using EasyHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

class Transfer {
public:
    // Sets up the handle; the ask must live until the end.
    Transfer(CURL* easy, const ClientOptions& options, const Ask& ask);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    CURL* easy() const { return easy_; }
    // Nothing moved in either direction for as long as the ask has patience.
    bool is_too_slow() const { return std::chrono::steady_clock::now() - moved_ > ask_.patience; }
    // What came, when curl is done with this result. Throws as Client::send does.
    Answer finish(CURLcode result);
    [[noreturn]] void fail(CURLcode result) const;

private:
    static std::size_t on_header(char* bytes, std::size_t one, std::size_t size, void* self);
    static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* self);
    static std::size_t on_read(char* into, std::size_t one, std::size_t size, void* self);
    static int on_seek(void* self, curl_off_t offset, int origin);
    static int on_progress(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up);

    void set_up();
    void set_up_body();
    void add_header(const std::string& line);
    void take_header(std::string_view line);
    bool take_body(std::string_view bytes);
    std::size_t give_body(char* into, std::size_t size);
    bool is_repeatable() const;

    CURL* easy_;
    const ClientOptions& options_;
    const Ask& ask_;
    HeaderList headers_;
    Answer answer_;
    std::string_view piece_;  // of the body, not yet sent
    bool has_begun_ = false;
    std::exception_ptr problem_;  // thrown by the ask's own functions
    std::chrono::steady_clock::time_point moved_ = std::chrono::steady_clock::now();
    curl_off_t moved_bytes_ = 0;
};

}  // namespace atelier::http
