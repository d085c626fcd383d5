#include "http/fetch.h"

#include <curl/curl.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "http/part_file.h"

namespace atelier::http {

namespace {

using Address = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string part_of(const Address& address, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(address.get(), part, &text, 0) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

Error refuse_redirect(const std::string& from, const std::string& why) {
    return {Error::Kind::invalid, shown_url(from) + " redirects " + why + "."};
}

std::string target_of(const std::string& from, const Reply& reply) {
    const std::string location = reply.header("location");
    if (location.empty()) throw refuse_redirect(from, "without saying where to");
    const Address address(curl_url(), curl_url_cleanup);
    curl_url_set(address.get(), CURLUPART_URL, from.c_str(), 0);
    const std::string scheme_before = part_of(address, CURLUPART_SCHEME);
    if (curl_url_set(address.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK)
        throw refuse_redirect(from, "to what is no address of the web");
    curl_url_set(address.get(), CURLUPART_FRAGMENT, nullptr, 0);
    const std::string scheme = part_of(address, CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https") throw refuse_redirect(from, "to what is no address of the web");
    if (scheme_before == "https" && scheme == "http") throw refuse_redirect(from, "to where nothing is encrypted");
    return part_of(address, CURLUPART_URL);
}

Version version_of(const Reply& reply) { return {reply.header("etag"), reply.header("last-modified")}; }

void ask_whether_changed(Call& call, const std::optional<Version>& known) {
    if (!known) return;
    if (!known->etag.empty()) call.headers.emplace_back("If-None-Match", known->etag);
    if (!known->last_modified.empty()) call.headers.emplace_back("If-Modified-Since", known->last_modified);
}

[[noreturn]] void refuse(const std::string& url, const Reply& reply) {
    const std::string shown = shown_url(url);
    const int status = reply.status;
    const std::string answer = shown + " answered " + std::to_string(status);
    if (status == 404 || status == 410) throw Error(Error::Kind::not_found, "There is nothing at " + shown + ".");
    if (status == 401 || status == 403)
        throw Error(Error::Kind::denied, answer + ": it isn't for everybody, or not for programs.");
    if (reply.come_again)
        throw Error(Error::Kind::unavailable, answer + ".",
                    "It wants to be asked again in " + std::to_string(reply.come_again->count()) + " seconds.");
    if (status >= 500 || status == 429 || status == 408)
        throw Error(Error::Kind::unavailable, answer + ", several times.", "Try again later.");
    throw Error(Error::Kind::invalid, answer + ".");
}

// "bytes 100-199/200", of a file of whatever size; "bytes */200".
struct ContentRange {
    std::optional<std::uint64_t> first, size;
};

std::optional<std::uint64_t> number_in(std::string_view text) {
    const auto number = parse_int(text);
    return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

ContentRange range_of(const Reply& reply) {
    const std::string text = reply.header("content-range");
    const std::string_view rest = std::string_view(text).substr(std::min(text.find(' '), text.size()));
    const std::size_t slash = rest.find('/');
    if (!text.starts_with("bytes ") || slash == std::string_view::npos) return {};
    return {number_in(trim(rest.substr(0, std::min(rest.find('-'), slash)))), number_in(trim(rest.substr(slash + 1)))};
}

// One download: the part, and what the answers say of the whole.
class Gathering {
public:
    explicit Gathering(const Download& wanted) : wanted_(wanted), part_(wanted.file, wanted.url) {}

    Call ask(const std::string& url) {
        has_begun_ = false;
        Call call;
        call.url = url;
        call.limit = UINT64_MAX;  // counted here, with what is there already
        if (part_.size() > 0 && !part_.validator().empty()) {
            call.headers.emplace_back("Range", "bytes=" + std::to_string(part_.size()) + '-');
            call.headers.emplace_back("If-Range", part_.validator());
        } else {
            ask_whether_changed(call, wanted_.known);
        }
        call.sink = [this](const Reply& head, std::string_view piece) { take(head, piece); };
        return call;
    }

    // True: all is there; false: the rest is to be asked for.
    bool is_done(const std::string& url, const Reply& reply) {
        if (reply.status == 416) {
            if (part_.size() > 0 && range_of(reply).size == part_.size()) return true;
            if (part_.size() == 0) refuse(url, reply);
            part_.begin({});
            return false;
        }
        if (reply.status != 200 && reply.status != 206) refuse(url, reply);
        if (!has_begun_) begin(reply);
        if (reply.status == 200) return true;
        const auto whole = range_of(reply).size;
        if (!whole || part_.size() == begun_at_) throw strange_range();
        return part_.size() >= *whole;
    }

    Fetched finish(const Reply& reply, const std::string& url) {
        if (wanted_.size && *wanted_.size != part_.size()) {
            const std::uint64_t size = part_.size();
            part_.discard();
            throw Error(Error::Kind::conflict,
                        shown_url(url) + " has " + std::to_string(size) + " bytes, but " +
                            std::to_string(*wanted_.size) + " were announced.",
                        "It may be changing just now: try again later.");
        }
        Fetched fetched;
        fetched.size = part_.size();
        fetched.type = reply.header("content-type");
        fetched.url = url;
        fetched.version = is_packed_ ? version_of(reply) : part_.version();
        part_.finish();
        return fetched;
    }

    void discard() { part_.discard(); }
    std::uint64_t size() const { return part_.size(); }

private:
    Error strange_range() const {
        return {Error::Kind::unavailable,
                shown_url(wanted_.url) + " sends other parts than those that were asked for."};
    }

    void begin(const Reply& head) {
        has_begun_ = true;
        const auto length = number_in(head.header("content-length"));
        if (head.status == 206) {
            if (range_of(head).first != part_.size()) {
                part_.begin({});
                throw strange_range();
            }
            whole_ = range_of(head).size;
        } else {
            is_packed_ = !head.header("content-encoding").empty();  // its parts can't be told from outside
            part_.begin(is_packed_ ? Version{} : version_of(head));
            whole_ = is_packed_ ? std::nullopt : length;
        }
        begun_at_ = part_.size();
        if (whole_ && *whole_ > wanted_.limit) refuse_size();
    }

    void take(const Reply& head, std::string_view piece) {
        if (!has_begun_) begin(head);
        if (piece.size() > wanted_.limit - part_.size()) refuse_size();
        part_.write(piece);
        if (wanted_.progress) wanted_.progress(part_.size(), whole_);
    }

    [[noreturn]] void refuse_size() {
        part_.discard();
        throw Error(Error::Kind::exhausted, shown_url(wanted_.url) + " is larger than the " +
                                                format_bytes(wanted_.limit) + " that are allowed.");
    }

    const Download& wanted_;
    PartFile part_;
    bool has_begun_ = false;  // of this try's content
    bool is_packed_ = false;
    std::uint64_t begun_at_ = 0;
    std::optional<std::uint64_t> whole_;
};

}  // namespace

class Fetcher::Work {
public:
    explicit Work(FetchOptions options) : options_(std::move(options)), caller_(options_.caller) {}

    // The answer at the end of all redirects, and where that was.
    std::pair<Reply, std::string> follow(std::string url, const std::function<Call(const std::string&)>& make) {
        for (std::vector<std::string> been;;) {
            been.push_back(url);
            Reply reply = send_patiently(caller_, options_.persistence, [&] { return make(url); });
            if (!is_redirect(reply.status)) return {std::move(reply), url};
            std::string next = target_of(url, reply);
            if (std::find(been.begin(), been.end(), next) != been.end()) throw refuse_redirect(url, "in a circle");
            if (been.size() > static_cast<std::size_t>(options_.most_redirects))
                throw refuse_redirect(been.front(), "more than " + std::to_string(options_.most_redirects) + " times");
            url = std::move(next);
        }
    }

private:
    FetchOptions options_;
    Caller caller_;
};

Fetcher::Fetcher(FetchOptions options) : work_(std::make_unique<Work>(std::move(options))) {}
Fetcher::~Fetcher() = default;

Fetched Fetcher::fetch(const std::string& url, std::uint64_t limit, const std::optional<Version>& known) {
    auto [reply, end] = work_->follow(url, [&](const std::string& address) {
        Call call;
        call.url = address;
        call.limit = limit;
        call.encoding = "gzip, deflate";
        ask_whether_changed(call, known);
        return call;
    });
    Fetched fetched;
    fetched.url = end;
    if (reply.status == 304 && known) {
        fetched.is_unchanged = true;
        fetched.version = *known;
        return fetched;
    }
    if (reply.status < 200 || reply.status >= 300) refuse(end, reply);
    fetched.size = reply.content.size();
    fetched.content = std::move(reply.content);
    fetched.type = reply.header("content-type");
    fetched.version = version_of(reply);
    return fetched;
}

// A connection that breaks again and again is no reason to give up as long as there is more each time.
Fetched Fetcher::download(const Download& wanted) {
    Gathering gathering(wanted);
    for (;;) {
        const std::uint64_t before = gathering.size();
        try {
            const auto [reply, end] =
                work_->follow(wanted.url, [&](const std::string& url) { return gathering.ask(url); });
            if (reply.status == 304 && wanted.known) {
                gathering.discard();
                Fetched fetched;
                fetched.is_unchanged = true;
                fetched.url = end;
                fetched.version = *wanted.known;
                return fetched;
            }
            if (gathering.is_done(end, reply)) return gathering.finish(reply, end);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::unavailable || gathering.size() <= before) throw;
        }
    }
}

}  // namespace atelier::http
