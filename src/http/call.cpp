#include "http/call.h"

#include <curl/curl.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <random>
#include <thread>

#include "base/text.h"

namespace atelier::http {

namespace {

using EasyHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

constexpr std::size_t most_kept = 32;
constexpr std::size_t most_header_bytes = 256u << 10;
constexpr std::uint64_t most_error = 64u << 10;  // of what is kept of an error's explanation

std::string words_for(CURLcode result) {
    switch (result) {
        case CURLE_COULDNT_RESOLVE_HOST: return "its name isn't known";
        case CURLE_COULDNT_CONNECT: return "nothing answers there";
        case CURLE_OPERATION_TIMEDOUT: return "it was silent for too long";
        case CURLE_PARTIAL_FILE: return "its answer was cut short";
        case CURLE_RECV_ERROR: return "the connection broke";
        case CURLE_GOT_NOTHING: return "it closed the connection without an answer";
        case CURLE_PEER_FAILED_VERIFICATION: return "its certificate isn't trusted";
        case CURLE_BAD_CONTENT_ENCODING: return "its answer can't be unpacked";
        default: return curl_easy_strerror(result);
    }
}

[[noreturn]] void fail(CURLcode result, const std::string& url) {
    switch (result) {
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            throw Error(Error::Kind::invalid, "The address " + shown_url(url) + " can't be used.",
                        "It looks like https://server.example/path.");
        case CURLE_OUT_OF_MEMORY: throw Error(Error::Kind::exhausted, "There is no memory for a request.");
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            throw Error(Error::Kind::denied, shown_url(url) + " can't be asked: " + words_for(result) + ".");
        default:
            throw Error(Error::Kind::unavailable, shown_url(url) + " can't be reached: " + words_for(result) + ".");
    }
}

// One call on a handle that was used before, and will be again.
class Transfer {
public:
    Transfer(CURL* easy, const CallerOptions& options, const Call& call) : easy_(easy), call_(call) {
        curl_easy_reset(easy_);
        set(CURLOPT_URL, call.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_PATH_AS_IS, 1L);
        set(CURLOPT_TCP_KEEPALIVE, 1L);
        set(CURLOPT_USERAGENT, options.user_agent.c_str());
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_time.count()));
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.silence.count()));
        set(CURLOPT_ACCEPT_ENCODING, call.encoding.c_str());
        if (!options.authority.empty()) set(CURLOPT_CAINFO, options.authority.c_str());
        set(CURLOPT_HEADERFUNCTION, on_header);
        set(CURLOPT_HEADERDATA, this);
        set(CURLOPT_WRITEFUNCTION, on_body);
        set(CURLOPT_WRITEDATA, this);
        set_method();
        set_headers();
    }

    Reply send() {
        const CURLcode result = curl_easy_perform(easy_);
        if (problem_) std::rethrow_exception(problem_);
        if (result != CURLE_OK) fail(result, call_.url);
        curl_off_t seconds = 0;
        if (!reply_.header("retry-after").empty() &&
            curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK)
            reply_.come_again = std::chrono::seconds(std::max<curl_off_t>(seconds, 0));
        return std::move(reply_);
    }

private:
    template <class Value>
    void set(CURLoption option, Value value) {
        curl_easy_setopt(easy_, option, value);
    }

    void set_method() {
        if (call_.method == "GET") return set(CURLOPT_HTTPGET, 1L);
        if (call_.method == "HEAD") return set(CURLOPT_NOBODY, 1L);
        if (call_.method == "PUT" || call_.method == "POST") {
            set(CURLOPT_POST, 1L);
            set(CURLOPT_POSTFIELDS, call_.content.empty() ? "" : call_.content.data());
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.content.size()));
        }
        set(CURLOPT_CUSTOMREQUEST, call_.method.c_str());
    }

    void set_headers() {
        add("Expect:");
        bool has_type = false;
        for (const auto& [name, value] : call_.headers) {
            has_type = has_type || lower(name) == "content-type";
            if (value.find_first_of("\r\n") != std::string::npos)
                throw Error(Error::Kind::invalid, "The header " + name + " would have a line end in it.");
            add(value.empty() ? name + ';' : name + ": " + value);
        }
        if (!has_type) add("Content-Type:");  // none, instead of that of a form
        set(CURLOPT_HTTPHEADER, headers_.get());
    }

    void add(const std::string& line) {
        curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
        if (longer == nullptr) fail(CURLE_OUT_OF_MEMORY, call_.url);
        static_cast<void>(headers_.release());
        headers_.reset(longer);
    }

    static std::size_t on_header(char* bytes, std::size_t one, std::size_t count, void* self) {
        return static_cast<Transfer*>(self)->guard(
            one * count, [&](Transfer& transfer) { transfer.take_header(std::string_view(bytes, one * count)); });
    }

    static std::size_t on_body(char* bytes, std::size_t one, std::size_t count, void* self) {
        return static_cast<Transfer*>(self)->guard(
            one * count, [&](Transfer& transfer) { transfer.take_body(std::string_view(bytes, one * count)); });
    }

    // No exception may go through curl's own frames.
    template <class Action>
    std::size_t guard(std::size_t size, const Action& action) {
        try {
            action(*this);
            return size;
        } catch (...) {
            problem_ = std::current_exception();
            return CURL_WRITEFUNC_ERROR;
        }
    }

    void take_header(std::string_view line) {
        if (line.starts_with("HTTP/")) {  // also after "100 Continue"
            reply_ = {};
            header_bytes_ = 0;
            long status = 0;
            curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
            reply_.status = static_cast<int>(status);
            return;
        }
        header_bytes_ += line.size();
        if (header_bytes_ > most_header_bytes) refuse_size("headers");
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return;
        reply_.headers.emplace_back(lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
    }

    void take_body(std::string_view piece) {
        taken_ += piece.size();
        const bool is_good = reply_.status >= 200 && reply_.status < 300;
        if (!is_good) {  // it explains an error: its beginning will do
            if (reply_.content.size() < most_error) reply_.content += piece;
            return;
        }
        if (taken_ > call_.limit) refuse_size("content");
        if (call_.sink)
            call_.sink(reply_, piece);
        else
            reply_.content += piece;
    }

    [[noreturn]] void refuse_size(const std::string& what) const {
        throw Error(Error::Kind::exhausted, "The " + what + " of " + shown_url(call_.url) + " is larger than the " +
                                                format_bytes(what == "headers" ? most_header_bytes : call_.limit) +
                                                " that are allowed.");
    }

    CURL* easy_;
    const Call& call_;
    HeaderList headers_{nullptr, curl_slist_free_all};
    Reply reply_;
    std::size_t header_bytes_ = 0;
    std::uint64_t taken_ = 0;
    std::exception_ptr problem_;
};

bool is_worth_another_try(int status) {
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::chrono::milliseconds shortened(std::chrono::milliseconds pause) {
    static thread_local std::minstd_rand chance(std::random_device{}());
    return pause * std::uniform_int_distribution<int>(50, 100)(chance) / 100;
}

}  // namespace

std::string Reply::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == name; });
    return found == headers.end() ? std::string() : found->second;
}

class Caller::Pool {
public:
    explicit Pool(CallerOptions the_options) : options(std::move(the_options)) {
        static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
        if (ready != CURLE_OK) throw Error(Error::Kind::internal, "libcurl can't be set up.");
    }

    // The one that was used last: its connection is the least likely to be closed by now.
    EasyHandle take() {
        const std::lock_guard lock(mutex_);
        if (kept_.empty()) return {curl_easy_init(), curl_easy_cleanup};
        EasyHandle handle = std::move(kept_.back());
        kept_.pop_back();
        return handle;
    }

    void give_back(EasyHandle handle) {
        const std::lock_guard lock(mutex_);
        if (kept_.size() < most_kept) kept_.push_back(std::move(handle));
    }

    const CallerOptions options;

private:
    std::mutex mutex_;
    std::vector<EasyHandle> kept_;
};

Caller::Caller(CallerOptions options) : pool_(std::make_unique<Pool>(std::move(options))) {}
Caller::~Caller() = default;

// A handle whose transfer failed isn't kept.
Reply Caller::send(const Call& call) {
    EasyHandle handle = pool_->take();
    if (!handle) fail(CURLE_OUT_OF_MEMORY, call.url);
    Reply reply = Transfer(handle.get(), pool_->options, call).send();
    pool_->give_back(std::move(handle));
    return reply;
}

Reply send_patiently(Caller& caller, const Persistence& persistence, const std::function<Call()>& make) {
    std::chrono::milliseconds pause = persistence.first_pause;
    for (int left = persistence.tries - 1;; --left, pause = std::min(pause * 2, persistence.longest_pause)) {
        std::chrono::milliseconds wait = shortened(pause);
        try {
            const Call call = make();
            Reply reply = caller.send(call);
            if (left <= 0 || !is_worth_another_try(reply.status)) return reply;
            if (reply.come_again > persistence.longest_pause) return reply;
            if (reply.come_again) wait = std::max<std::chrono::milliseconds>(*reply.come_again, wait);
        } catch (const Error& error) {
            if (left <= 0 || error.kind() != Error::Kind::unavailable) throw;
        }
        std::this_thread::sleep_for(wait);
    }
}

std::string shown_url(const std::string& url) {
    std::string shown = url.substr(0, url.find_first_of("?#"));
    const bool had_more = shown.size() < url.size() && url[shown.size()] == '?';
    const std::size_t begin = shown.find("://");
    if (begin != std::string::npos) {
        const std::size_t host = begin + 3;
        const std::size_t at = shown.rfind('@', shown.find('/', host));
        if (at != std::string::npos && at >= host) shown.erase(host, at + 1 - host);
    }
    return printable(shown) + (had_more ? "?…" : "");
}

}  // namespace atelier::http
