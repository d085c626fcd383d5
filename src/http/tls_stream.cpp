#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/tcp_stream.h"

namespace atelier::http {

namespace asio = boost::asio;

namespace {

std::string last_problem() {
    const unsigned long number = ERR_get_error();
    ERR_clear_error();
    const char* reason = number == 0 ? nullptr : ERR_reason_error_string(number);
    return reason ? reason : "unknown reason";
}

Error tls_error(const std::string& what, const std::string& hint) {
    return {Error::Kind::invalid, what + ": " + last_problem() + ".", hint};
}

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a client that has gone would end the program.
int put(BIO* bio, const char* bytes, int size) {
    const auto number = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(number, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int take(BIO* bio, char* into, int size) {
    const auto number = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(number, into, static_cast<std::size_t>(size), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "atelier socket");
        BIO_meth_set_write(made, put);
        BIO_meth_set_read(made, take);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

int choose_http1(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                 unsigned int offered_size, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

int no_passphrase(char*, int, int, void*) { return 0; }  // never asks at the terminal

}  // namespace

class TlsContext {
public:
    TlsContext(const std::filesystem::path& certificate, const std::filesystem::path& key)
        : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
        if (!context_) throw tls_error("TLS can't be set up", {});
        SSL_CTX* const context = context_.get();
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
        SSL_CTX_set_mode(
            context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_alpn_select_cb(context, choose_http1, nullptr);
        SSL_CTX_set_default_passwd_cb(context, no_passphrase);
        load(certificate, key);
    }

    SSL* make() const { return SSL_new(context_.get()); }

private:
    void load(const std::filesystem::path& certificate, const std::filesystem::path& key) {
        // Opened first, so that what the system says of the file is told as it says it.
        open_file(certificate, O_RDONLY);
        open_file(key, O_RDONLY);
        ERR_clear_error();
        if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1)
            throw tls_error("The certificate " + certificate.string() + " can't be read",
                            "It must be PEM, the server's own certificate first, then its chain.");
        if (SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
            throw tls_error("The key " + key.string() + " can't be used with the certificate " + certificate.string(),
                            "It must be PEM, without a passphrase, and belong to the first certificate in the file.");
    }

    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

namespace {

class TlsStream : public TcpStream {
public:
    TlsStream(asio::any_io_executor executor, Fd socket, const std::shared_ptr<TlsContext>& context)
        : TcpStream(std::move(executor), std::move(socket)), context_(context), ssl_(context->make(), SSL_free) {
        BIO* const bio = ssl_ ? BIO_new(socket_method()) : nullptr;
        if (!bio) throw Error(Error::Kind::exhausted, "There is no memory for a TLS connection.");
        BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(number())));
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_.get(), bio, bio);
    }

    Step handshake() override {
        ERR_clear_error();
        return step_of(SSL_accept(ssl_.get()), 0);
    }

    Step read(std::span<char> into) override {
        ERR_clear_error();
        std::size_t got = 0;
        const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
        return step_of(result, got);
    }

    Step peek() override {
        ERR_clear_error();
        char byte = 0;
        std::size_t got = 0;
        const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &got);
        return step_of(result, got);
    }

    Step write(std::string_view first, std::string_view second) override {
        // What is short goes out as one record, as it would in one packet.
        if (!first.empty() && !second.empty() && first.size() + second.size() <= joined_most) {
            joined_.assign(first).append(second);
            first = joined_;
        } else if (first.empty()) {
            first = second;
        }
        ERR_clear_error();
        std::size_t sent = 0;
        const int result = SSL_write_ex(ssl_.get(), first.data(), first.size(), &sent);
        const Step step = step_of(result, sent);
        if (step.want == Want::nothing) joined_ = {};
        return step;
    }

    bool holds() const override { return SSL_pending(ssl_.get()) > 0; }

    void finish() override {
        ERR_clear_error();
        if (SSL_is_init_finished(ssl_.get()) && !is_broken_) SSL_shutdown(ssl_.get());
        TcpStream::finish();
    }

private:
    static constexpr std::size_t joined_most = 16 * 1024;

    Step step_of(int result, std::size_t bytes) {
        if (result > 0) return {bytes, Want::nothing};
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ: return {0, Want::read};
            case SSL_ERROR_WANT_WRITE: return {0, Want::write};
            case SSL_ERROR_ZERO_RETURN: return {0, Want::nothing};
            default: is_broken_ = true; throw Gone();
        }
    }

    std::shared_ptr<TlsContext> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    std::string joined_;
    bool is_broken_ = false;
};

}  // namespace

std::shared_ptr<TlsContext> load_tls(const std::filesystem::path& certificate, const std::filesystem::path& key) {
    return std::make_shared<TlsContext>(certificate, key);
}

std::unique_ptr<Stream> tls_stream(asio::any_io_executor executor, Fd socket,
                                   const std::shared_ptr<TlsContext>& context) {
    return std::make_unique<TlsStream>(std::move(executor), std::move(socket), context);
}

}  // namespace atelier::http
