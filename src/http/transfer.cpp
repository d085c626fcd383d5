#include "http/transfer.h"

#include <algorithm>

#include "base/text.h"

namespace atelier::http {

namespace {

constexpr std::size_t most_content = 64u << 20;  // of an answer that is taken whole
constexpr std::size_t most_error = 64u << 10;

bool has_body(const Ask& ask) {
    return ask.method == Method::post || ask.method == Method::put || ask.method == Method::patch;
}

std::string words_for(CURLcode result) {
    switch (result) {
        case CURLE_COULDNT_RESOLVE_HOST: return "its name isn't known";
        case CURLE_COULDNT_CONNECT: return "nothing answers there";
        case CURLE_OPERATION_TIMEDOUT:
        case CURLE_ABORTED_BY_CALLBACK: return "it was silent for too long";
        case CURLE_PARTIAL_FILE: return "its answer was cut short";
        case CURLE_GOT_NOTHING: return "it closed the connection without an answer";
        case CURLE_SEND_FAIL_REWIND: return "the connection broke while the request was sent";
        case CURLE_PEER_FAILED_VERIFICATION: return "its certificate isn't trusted";
        case CURLE_SSL_CACERT_BADFILE: return "the file of the certificate authority can't be read";
        default: return curl_easy_strerror(result);
    }
}

std::string hint_for(CURLcode result) {
    if (result == CURLE_PEER_FAILED_VERIFICATION)
        return "If the farm has a certificate of its own, give the file of who signed it.";
    if (result == CURLE_COULDNT_CONNECT) return "Is the server running, and is the port right?";
    return {};
}

}  // namespace

Transfer::Transfer(CURL* easy, const ClientOptions& options, const Ask& ask)
    : easy_(easy), options_(options), ask_(ask), headers_(nullptr, curl_slist_free_all) {
    curl_easy_reset(easy_);  // keeps its connections
    set_up();
    if (has_body(ask_)) set_up_body();
    if (!options_.token.empty()) add_header("Authorization: Bearer " + options_.token);
    for (const auto& [name, value] : ask_.headers)
        add_header(name + ": " + value);
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.get());
}

// The handle outlives us, in the pool: it must not point here any longer.
Transfer::~Transfer() { curl_easy_reset(easy_); }

void Transfer::set_up() {
    const std::string url = options_.url + ask_.path;
    curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");  // the farm is spoken to directly: a proxy would see the token
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_time.count()));
    curl_easy_setopt(easy_, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (!options_.authority.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options_.authority.c_str());
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy_, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(easy_, CURLOPT_NOPROGRESS, 0L);
    if (ask_.method == Method::head) curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    if (ask_.method == Method::remove) curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "DELETE");
}

// By our own function also when it is whole: curl repeats a request on a new connection when a kept one turns out to be
// dead, and for that it must be able to go back in the body. What mustn't happen twice doesn't let it.
void Transfer::set_up_body() {
    const curl_off_t size = static_cast<curl_off_t>(ask_.pieces ? ask_.size : ask_.content.size());
    curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, std::string(name_of(ask_.method)).c_str());
    curl_easy_setopt(easy_, CURLOPT_INFILESIZE_LARGE, size);
    curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(easy_, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy_, CURLOPT_READDATA, this);
    curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy_, CURLOPT_SEEKDATA, this);
    add_header("Content-Type: " + ask_.type);
    if (!ask_.pieces) add_header("Expect:");
}

void Transfer::add_header(const std::string& line) {
    if (line.find_first_of("\r\n") != std::string::npos)
        throw Error(Error::Kind::invalid, "A header of a request has a line end in it.");
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (!longer) throw Error(Error::Kind::exhausted, "There is no memory for a request.");
    headers_.release();
    headers_.reset(longer);
}

std::size_t Transfer::on_header(char* bytes, std::size_t one, std::size_t size, void* self) {
    static_cast<Transfer*>(self)->take_header({bytes, one * size});
    return one * size;
}

std::size_t Transfer::on_body(char* bytes, std::size_t one, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, one * size}) ? one * size : 0;
}

std::size_t Transfer::on_read(char* into, std::size_t one, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->give_body(into, one * size);
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (origin != SEEK_SET || offset != 0 || !transfer.is_repeatable()) return CURL_SEEKFUNC_FAIL;
    transfer.has_begun_ = false;
    return CURL_SEEKFUNC_OK;
}

int Transfer::on_progress(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (down + up != transfer.moved_bytes_) {
        transfer.moved_bytes_ = down + up;
        transfer.moved_ = std::chrono::steady_clock::now();
    }
    return 0;
}

bool Transfer::is_repeatable() const { return ask_.method == Method::put && !ask_.pieces; }

void Transfer::take_header(std::string_view line) {
    line = trim(line);
    if (line.starts_with("HTTP/")) {  // also after a 100 Continue
        answer_.headers.clear();
        return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    answer_.headers.emplace_back(lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
}

bool Transfer::take_body(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    try {
        if (status >= 400) {
            answer_.content.append(bytes.substr(0, most_error - std::min(most_error, answer_.content.size())));
        } else if (ask_.sink) {
            ask_.sink(bytes);
        } else {
            if (answer_.content.size() + bytes.size() > most_content)
                throw Error(Error::Kind::exhausted, "The answer of " + options_.url + " is too large.");
            answer_.content.append(bytes);
        }
    } catch (...) {
        problem_ = std::current_exception();
        return false;
    }
    return true;
}

std::size_t Transfer::give_body(char* into, std::size_t size) {
    try {
        if (!ask_.pieces && !has_begun_) piece_ = ask_.content;
        has_begun_ = true;
        if (ask_.pieces && piece_.empty()) piece_ = ask_.pieces();
    } catch (...) {
        problem_ = std::current_exception();
        return CURL_READFUNC_ABORT;
    }
    const std::size_t given = std::min(size, piece_.size());
    std::copy_n(piece_.data(), given, into);
    piece_.remove_prefix(given);
    return given;
}

Answer Transfer::finish(CURLcode result) {
    if (problem_) std::rethrow_exception(problem_);
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    // The server may refuse a body and close before it has all of it: what it said is worth more than that it closed.
    const bool is_refusal = status >= 400 && !answer_.headers.empty() && result == CURLE_SEND_ERROR;
    if (result != CURLE_OK && !is_refusal) fail(result);
    answer_.status = static_cast<int>(status);
    if (status >= 400) throw error_of(answer_.status, answer_.content);
    return std::move(answer_);
}

void Transfer::fail(CURLcode result) const {
    const auto kind = result == CURLE_OUT_OF_MEMORY ? Error::Kind::exhausted : Error::Kind::unavailable;
    throw Error(kind, "The server at " + options_.url + " can't be reached: " + words_for(result) + ".",
                hint_for(result));
}

}  // namespace atelier::http
