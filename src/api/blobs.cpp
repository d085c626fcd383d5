// Blobs in and out, for workers and for those who submit.
#include "api/answers.h"
#include "api/blob_source.h"
#include "api/groups.h"
#include "api/offload.h"
#include "api/receive.h"
#include "api/uploads.h"
#include "http/parser.h"

namespace atelier::api {

namespace {

using http::Response;
using http::Task;

constexpr std::size_t most_names = 10'000;
constexpr std::size_t most_names_bytes = 2u << 20;

std::string owner_of(const Call& call) { return call.caller.user + "/" + call.caller.token; }

store::BlobRef blob_named(const std::string& digest, std::uint64_t size) { return {Digest::from_hex(digest), size}; }

store::BlobRef blob_asked(const Call& call) {
    const auto size = call.request.asked_number("size");
    if (!size || *size < 0) throw Error(Error::Kind::invalid, "?size= is missing", "the blob's size in bytes", "size");
    return blob_named(call["digest"], static_cast<std::uint64_t>(*size));
}

// A blob that is there is held from now on: whoever sends others besides counts on it.
bool is_held(Call& call, const store::BlobRef& blob) {
    store::Blobs& blobs = call.context.farm.blobs();
    if (!blobs.has(blob)) return false;
    blobs.hold({&blob, 1});
    return true;
}

Response missing(Call& call) {
    const auto names = body_of<BlobNames>(call.request);
    if (names.blobs.size() > most_names) throw http::Refusal(413, "at most 10000 blobs are asked for at a time");
    Missing missing;
    for (const BlobName& name : names.blobs)
        if (!is_held(call, blob_named(name.digest, name.size))) missing.missing.push_back(name.digest);
    return answer(missing);
}

// Giving a blob its name waits for the disk: not on the network's threads.
Task<void> keep(Call& call, Uploads::Turn& turn) {
    const std::function<void()> work = [&] { turn.keep(); };
    co_await call.context.offload.run(work);
}

Task<Response> put(Call& call) {
    const store::BlobRef blob = blob_asked(call);
    BlobName name{call["digest"], blob.size};
    if (is_held(call, blob)) co_return answer(name);
    Uploads::Turn turn = call.context.uploads.once(blob);
    const std::function<void(std::string_view)> write = [&](std::string_view piece) { turn.write(piece); };
    co_await receive(call, write);
    if (!turn.complete()) throw Error(Error::Kind::invalid, "the blob is shorter than was announced", {}, "size");
    co_await keep(call, turn);
    co_return answer(name, 201);
}

Response begin(Call& call) {
    const auto name = body_of<BlobName>(call.request);
    const store::BlobRef blob = blob_named(name.digest, name.size);
    UploadState state;
    if (is_held(call, blob)) {
        state.present = state.done = true;
        state.offset = blob.size;
        return answer(state);
    }
    state.upload = call.context.uploads.begin(blob, owner_of(call));
    return answer(state, 201);
}

Response look(Call& call) {
    UploadState state;
    state.upload = call["upload"];
    state.offset = call.context.uploads.offset(state.upload, owner_of(call));
    return answer(state);
}

Task<Response> send(Call& call) {
    const auto offset = call.request.asked_number("offset");
    if (!offset || *offset < 0)
        throw Error(Error::Kind::invalid, "?offset= is missing", "where the upload stands", "offset");
    UploadState state;
    state.upload = call["upload"];
    Uploads::Turn turn = call.context.uploads.resume(state.upload, owner_of(call), static_cast<std::uint64_t>(*offset));
    const std::function<void(std::string_view)> write = [&](std::string_view piece) { turn.write(piece); };
    co_await receive(call, write);
    state.offset = turn.offset();
    state.done = turn.complete();
    if (state.done) co_await keep(call, turn);
    co_return answer(state);
}

Response get(Call& call) {
    store::Blobs& blobs = call.context.farm.blobs();
    const Digest digest = Digest::from_hex(call["digest"]);
    const auto info = blobs.store().head(store::Blobs::key_of(digest));
    if (!info) throw Error(Error::Kind::not_found, "there is no blob " + call["digest"]);
    const Fd file = open_blob(blobs, {digest, info->size});
    return http::file_response(call.request, file.get(), info->size, "application/octet-stream", call["digest"]);
}

}  // namespace

void add_blobs(Routes& routes) {
    using http::Method;
    routes
        .add(Method::post, "/blobs/missing", Access::blobs, "Which of these are to be sent; the others are held",
             missing)
        .takes_json(schema<BlobNames>(), most_names_bytes)
        .gives_json(schema<Missing>());
    routes.add(Method::put, "/blobs/{digest}", Access::blobs, "Send a small one in one request", put)
        .asks("size", "integer", "its size in bytes")
        .takes_bytes()
        .gives_json(schema<BlobName>(), 201)
        .gives_also(200, "it was there already");
    routes.get("/blobs/{digest}", Access::worker, "Its bytes; ranges are served", get)
        .gives_bytes("application/octet-stream")
        .gives_also(206, "the range that was asked for")
        .gives_also(304, "it is the one that If-None-Match names");
    routes.add(Method::post, "/uploads", Access::blobs, "Begin to send a large one", begin)
        .takes_json(schema<BlobName>())
        .gives_json(schema<UploadState>(), 201)
        .gives_also(200, "it is there already, and nothing is to be sent");
    routes.get("/uploads/{upload}", Access::blobs, "How far it is", look).gives_json(schema<UploadState>());
    routes.add(Method::patch, "/uploads/{upload}", Access::blobs, "Send its next bytes", send)
        .asks("offset", "integer", "where it stands")
        .takes_bytes()
        .gives_json(schema<UploadState>());
}

}  // namespace atelier::api
