#include "http/client.h"

#include <algorithm>
#include <mutex>

#include "base/text.h"
#include "http/transfer.h"

namespace atelier::http {

namespace {

using MultiHandle = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

constexpr std::size_t most_kept = 16;
constexpr int look_again_ms = 250;  // for silence; everything else wakes the wait by itself
constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{2'000};

// A transfer at a time, and beside it the nudge of a poll; their connections stay with it.
struct Line {
    Line() : multi(curl_multi_init(), curl_multi_cleanup) { curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 2L); }
    EasyHandle easy{curl_easy_init(), curl_easy_cleanup};
    EasyHandle second{nullptr, curl_easy_cleanup};
    MultiHandle multi;
};

// A transfer is on its line for as long as this lives.
class OnLine {
public:
    OnLine(Line& line, Transfer& transfer) : line_(line), transfer_(transfer) {
        curl_multi_add_handle(line_.multi.get(), transfer_.easy());
    }
    ~OnLine() { curl_multi_remove_handle(line_.multi.get(), transfer_.easy()); }
    OnLine(const OnLine&) = delete;
    OnLine& operator=(const OnLine&) = delete;

private:
    Line& line_;
    Transfer& transfer_;
};

// Moves what can be moved, and says how the transfer ended, once it has.
std::optional<CURLcode> result_of(Line& line, CURL* easy) {
    std::optional<CURLcode> result;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(line.multi.get(), &left))
        if (message->msg == CURLMSG_DONE && message->easy_handle == easy) result = message->data.result;
    return result;
}

void move(Line& line) {
    int running = 0;
    curl_multi_perform(line.multi.get(), &running);
}

void wait(Line& line) { curl_multi_poll(line.multi.get(), nullptr, 0, look_again_ms, nullptr); }

std::string checked(std::string url) {
    const UrlHandle parts(curl_url(), curl_url_cleanup);
    const auto refuse = [&](const std::string& why) -> Error {
        return {Error::Kind::invalid, "The server's address " + why + ".", "It looks like https://farm.example:7070."};
    };
    if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) throw refuse("can't be understood");
    const auto has = [&](CURLUPart part) {
        char* text = nullptr;
        const bool is_there = curl_url_get(parts.get(), part, &text, 0) == CURLUE_OK;
        curl_free(text);
        return is_there;
    };
    if (!url.starts_with("http://") && !url.starts_with("https://")) throw refuse("is neither http:// nor https://");
    if (has(CURLUPART_USER) || has(CURLUPART_PASSWORD)) throw refuse("has a name or password in it");
    if (has(CURLUPART_QUERY) || has(CURLUPART_FRAGMENT)) throw refuse("has a query in it");
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

}  // namespace

class Client::Pool {
public:
    explicit Pool(ClientOptions the_options) : options(std::move(the_options)) {
        static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
        if (ready != CURLE_OK) throw Error(Error::Kind::internal, "libcurl can't be set up.");
        options.url = checked(std::move(options.url));
        if (options.token.find_first_of("\r\n") != std::string::npos)
            throw Error(Error::Kind::invalid, "The token has a line end in it.");
    }

    Answer send(const Ask& ask);
    Answer poll(const Ask& ask, const Ask& nudge);
    void interrupt();

    ClientOptions options;

private:
    class Borrowed;
    class Nudging;

    std::mutex mutex_;
    std::vector<std::unique_ptr<Line>> kept_;
    CURLM* polling_ = nullptr;
    bool is_interrupted_ = false;
};

// A line of the pool, for the length of a scope; the one that was used last is taken first.
class Client::Pool::Borrowed {
public:
    explicit Borrowed(Pool& pool) : pool_(pool) {
        {
            const std::lock_guard lock(pool_.mutex_);
            if (!pool_.kept_.empty()) {
                line_ = std::move(pool_.kept_.back());
                pool_.kept_.pop_back();
            }
        }
        if (!line_) line_ = std::make_unique<Line>();
        if (!line_->easy || !line_->multi) throw Error(Error::Kind::exhausted, "There is no memory for a request.");
    }
    ~Borrowed() {
        const std::lock_guard lock(pool_.mutex_);
        if (pool_.kept_.size() < most_kept) pool_.kept_.push_back(std::move(line_));
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    Line& operator*() const { return *line_; }

private:
    Pool& pool_;
    std::unique_ptr<Line> line_;
};

Answer Client::Pool::send(const Ask& ask) {
    const Borrowed line(*this);
    Transfer transfer((*line).easy.get(), options, ask);
    const OnLine on_line(*line, transfer);
    for (;;) {
        move(*line);
        const auto result = result_of(*line, transfer.easy());
        if (result) return transfer.finish(*result);
        if (transfer.is_too_slow()) transfer.fail(CURLE_OPERATION_TIMEDOUT);
        wait(*line);
    }
}

// The nudges of one poll. A nudge may come to the server before what it is to wake: it is sent again, after pauses that
// grow, until the poll is answered.
class Client::Pool::Nudging {
public:
    Nudging(Pool& pool, Line& line, const Ask& nudge) : pool_(pool), line_(line), nudge_(nudge) {
        const std::lock_guard lock(pool_.mutex_);
        pool_.polling_ = line_.multi.get();
    }
    ~Nudging() {
        const std::lock_guard lock(pool_.mutex_);
        pool_.polling_ = nullptr;
    }
    Nudging(const Nudging&) = delete;
    Nudging& operator=(const Nudging&) = delete;

    // What the line's own transfer came to, if it is at its end, after everything moved on a bit.
    std::optional<CURLcode> step(CURL* poll) {
        move(line_);
        std::optional<CURLcode> result;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(line_.multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            if (message->easy_handle == poll)
                result = message->data.result;
            else
                is_done_ = true;
        }
        if (!result) look_after();
        return result;
    }

private:
    void look_after() {
        const auto now = std::chrono::steady_clock::now();
        if (transfer_ && (is_done_ || transfer_->is_too_slow())) {
            on_line_.reset();
            transfer_.reset();
            next_ = now + pause_;
            pause_ = std::min(pause_ * 2, longest_pause);
        }
        {
            const std::lock_guard lock(pool_.mutex_);
            is_wanted_ = is_wanted_ || std::exchange(pool_.is_interrupted_, false);
        }
        if (!is_wanted_ || transfer_ || now < next_) return;
        if (!line_.second) line_.second.reset(curl_easy_init());
        if (!line_.second) return;
        is_done_ = false;
        transfer_.emplace(line_.second.get(), pool_.options, nudge_);
        on_line_.emplace(line_, *transfer_);
        move(line_);
    }

    Pool& pool_;
    Line& line_;
    const Ask& nudge_;
    bool is_wanted_ = false;
    bool is_done_ = false;
    std::chrono::steady_clock::time_point next_{};
    std::chrono::milliseconds pause_ = first_pause;
    std::optional<Transfer> transfer_;
    std::optional<OnLine> on_line_;
};

Answer Client::Pool::poll(const Ask& ask, const Ask& nudge) {
    const Borrowed line(*this);
    Transfer transfer((*line).easy.get(), options, ask);
    const OnLine on_line(*line, transfer);
    Nudging nudging(*this, *line, nudge);
    for (;;) {
        const auto result = nudging.step(transfer.easy());
        if (result) return transfer.finish(*result);
        if (transfer.is_too_slow()) transfer.fail(CURLE_OPERATION_TIMEDOUT);
        wait(*line);
    }
}

void Client::Pool::interrupt() {
    const std::lock_guard lock(mutex_);
    is_interrupted_ = true;
    if (polling_) curl_multi_wakeup(polling_);
}

Client::Client(ClientOptions options) : pool_(std::make_unique<Pool>(std::move(options))) {}
Client::~Client() = default;

Answer Client::send(const Ask& ask) { return pool_->send(ask); }

json::Value Client::get(const std::string& path) {
    Ask ask;
    ask.path = path;
    return json::parse(send(ask).content);
}

json::Value Client::post(const std::string& path, const json::Value& body) {
    Ask ask;
    ask.method = Method::post;
    ask.path = path;
    ask.content = json::text(body);
    const Answer answer = send(ask);
    return answer.content.empty() ? json::Value() : json::parse(answer.content);
}

Answer Client::poll(const Ask& ask, const Ask& nudge) { return pool_->poll(ask, nudge); }
void Client::interrupt() { pool_->interrupt(); }
const std::string& Client::url() const { return pool_->options.url; }

}  // namespace atelier::http
