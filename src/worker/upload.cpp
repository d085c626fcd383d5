#include "worker/upload.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file_pieces.h"
#include "worker/backoff.h"

namespace atelier::worker {

using http::Method;
using store::BlobRef;

namespace {

constexpr std::size_t most_asked_together = 10'000;
constexpr std::uint64_t largest_in_one = 8u << 20;
constexpr std::uint64_t not_worth_asking = 64u << 10;  // one alone of this size is sent unasked
constexpr int most_defects = 5;                        // of the server, in a row
constexpr const char* bytes_type = "application/octet-stream";

// A file that is sent. What gives up meanwhile ends the transfer.
class FileSource {
public:
    FileSource(std::filesystem::path path, const std::function<bool()>& gives_up)
        : path_(std::move(path)), gives_up_(gives_up) {
        from(0);
    }

    std::function<std::string_view()> from(std::uint64_t offset) {
        pieces_.emplace(open_file(path_, O_RDONLY | O_NOFOLLOW), path_, offset);
        return [this] {
            if (gives_up_()) throw Error(Error::Kind::unavailable, "the upload was given up");
            return pieces_->next();
        };
    }

private:
    const std::filesystem::path path_;
    const std::function<bool()>& gives_up_;
    std::optional<FilePieces> pieces_;
};

std::uint64_t number_in(const json::Value& answer, const char* name) {
    if (answer.is_object())
        if (const json::Value* found = answer.as_object().if_contains(name); found && found->is_int64())
            return static_cast<std::uint64_t>(found->as_int64());
    throw Error(Error::Kind::unavailable, fmt::format("the server's answer has no number \"{}\"", name));
}

bool is_true(const json::Value& answer, const char* name) {
    const json::Value* found = answer.is_object() ? answer.as_object().if_contains(name) : nullptr;
    return found && found->is_bool() && found->as_bool();
}

std::string text_in(const json::Value& answer, const char* name) {
    if (answer.is_object())
        if (const json::Value* found = answer.as_object().if_contains(name); found && found->is_string())
            return std::string(found->as_string());
    throw Error(Error::Kind::unavailable, fmt::format("the server's answer has no text \"{}\"", name));
}

json::Object as_json(const BlobRef& blob) {
    json::Object object;
    object["digest"] = blob.digest.hex();
    object["size"] = blob.size;
    return object;
}

class Uploader {
public:
    Uploader(http::Client& client, const FileOf& file_of, const std::function<bool()>& gives_up,
             const std::function<void()>& waits)
        : client_(client), file_of_(file_of), gives_up_(gives_up), waits_(waits) {}

    std::vector<BlobRef> missing(std::span<const BlobRef> blobs) {
        json::Array asked;
        for (const BlobRef& blob : blobs)
            asked.push_back(as_json(blob));
        json::Object question;
        question["blobs"] = std::move(asked);
        const json::Value answer = persistently([&] { return client_.post("/api/v1/blobs/missing", question); });
        std::set<std::string> lacks;
        if (const json::Value* list = answer.is_object() ? answer.as_object().if_contains("missing") : nullptr;
            list && list->is_array())
            for (const json::Value& each : list->as_array())
                if (each.is_string()) lacks.emplace(each.as_string());
        std::vector<BlobRef> found;
        for (const BlobRef& blob : blobs)
            if (lacks.contains(blob.digest.hex())) found.push_back(blob);
        return found;
    }

    void send(const BlobRef& blob) {
        const auto path = file_of_(blob.digest);
        if (!path) throw Error(Error::Kind::not_found, "the blob " + blob.digest.hex() + " is not on this machine");
        FileSource source(*path, gives_up_);
        blob.size <= largest_in_one ? send_whole(blob, source) : send_in_parts(blob, source);
    }

private:
    // A full disk there, or a defect, may pass, too; but not every defect does.
    template <class F>
    auto persistently(const F& f) -> decltype(f()) {
        Backoff backoff(gives_up_);
        for (int defects = 0;;) {
            try {
                return f();
            } catch (const Error& error) {
                const bool is_defect = error.kind() == Error::Kind::internal && ++defects < most_defects;
                if (!may_pass(error) && !is_defect && error.kind() != Error::Kind::exhausted) throw;
                if (waits_ && !std::exchange(told_, true)) waits_();
                backoff.wait(error);
            }
        }
    }

    void send_whole(const BlobRef& blob, FileSource& source) {
        persistently([&] {
            http::Ask ask;
            ask.method = Method::put;
            ask.path = fmt::format("/api/v1/blobs/{}?size={}", blob.digest.hex(), blob.size);
            ask.type = bytes_type;
            ask.size = blob.size;
            if (blob.size > 0) ask.pieces = source.from(0);
            client_.send(ask);
        });
    }

    // Each time that a part broke off, the server is asked how far it came; it may have forgotten the upload, too.
    void send_in_parts(const BlobRef& blob, FileSource& source) {
        std::string upload;
        std::uint64_t offset = 0;
        persistently([&] {
            try {
                if (upload.empty()) {
                    const json::Value begun = client_.post("/api/v1/uploads", as_json(blob));
                    offset = number_in(begun, "offset");
                    if (is_true(begun, "present")) return;
                    upload = text_in(begun, "upload");
                } else {
                    offset = number_in(client_.get("/api/v1/uploads/" + http::encode(upload)), "offset");
                }
                send_rest(blob, source, upload, offset);
            } catch (const Error& error) {
                if (error.kind() == Error::Kind::not_found) upload.clear();
                if (error.kind() != Error::Kind::not_found && error.kind() != Error::Kind::conflict) throw;
                throw Error(Error::Kind::unavailable, error.what());
            }
        });
    }

    void send_rest(const BlobRef& blob, FileSource& source, const std::string& upload, std::uint64_t offset) {
        http::Ask ask;
        ask.method = Method::patch;
        ask.path = fmt::format("/api/v1/uploads/{}?offset={}", http::encode(upload), offset);
        ask.type = bytes_type;
        ask.size = blob.size - std::min(offset, blob.size);
        if (ask.size > 0) ask.pieces = source.from(offset);
        const json::Value answer = json::parse(client_.send(ask).content);
        if (!is_true(answer, "done"))
            throw Error(Error::Kind::unavailable, "the server took only a part of the upload");
    }

    http::Client& client_;
    const FileOf& file_of_;
    const std::function<bool()>& gives_up_;
    const std::function<void()>& waits_;
    bool told_ = false;
};

}  // namespace

void upload(http::Client& client, const FileOf& file_of, std::span<const BlobRef> blobs,
            const std::function<bool()>& gives_up, const std::function<void()>& waits) {
    const std::set<BlobRef> once(blobs.begin(), blobs.end());
    const std::vector<BlobRef> all(once.begin(), once.end());
    Uploader uploader(client, file_of, gives_up, waits);
    if (all.size() == 1 && all.front().size <= not_worth_asking) return uploader.send(all.front());
    for (std::size_t begin = 0; begin < all.size(); begin += most_asked_together) {
        const std::size_t count = std::min(most_asked_together, all.size() - begin);
        for (const BlobRef& blob : uploader.missing({all.data() + begin, count}))
            uploader.send(blob);
    }
}

}  // namespace atelier::worker
