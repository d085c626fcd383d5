#include "store/cloud_repository.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "store/reading.h"

namespace atelier::store {

namespace {

constexpr std::size_t requests_at_once = 16;
constexpr std::uint64_t in_one_request = 8u << 20;  // so much of a file is in memory, of each request
constexpr std::uint64_t most_blocks = 9'000;        // the services allow 10,000 or more

std::string trimmed(std::string_view prefix) {
    while (prefix.starts_with('/'))
        prefix.remove_prefix(1);
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    if (!prefix.empty()) check_relative_path(prefix);
    return std::string(prefix);
}

std::uint64_t size_of(const Upload& upload) {
    if (upload.file.empty()) return upload.content.size();
    struct stat info {};
    if (::stat(upload.file.c_str(), &info) != 0) throw Error::from_errno("cannot open " + upload.file.string());
    require_file(info.st_mode, upload.file.string());
    return static_cast<std::uint64_t>(info.st_size);
}

std::string content_at(const Fd& file, std::uint64_t offset, std::uint64_t size, const std::string& shown) {
    std::string content(size, '\0');
    for (std::uint64_t used = 0; used < size;) {
        const ssize_t count =
            ::pread(file.get(), content.data() + used, size - used, static_cast<off_t>(offset + used));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error::from_errno("cannot read " + shown);
        if (count == 0) throw Error(Error::Kind::conflict, shown + " was cut short while it was published");
        used += static_cast<std::uint64_t>(count);
    }
    return content;
}

}  // namespace

std::string LargeFile::block(std::size_t number) const {
    const std::uint64_t offset = number * block_size;
    return content_at(file, offset, std::min(block_size, size - offset), upload.file.string());
}

CloudRepository::CloudRepository(const std::string& prefix) : base_(trimmed(prefix)) {
    if (!base_.empty()) base_ += '/';
}

// Small ones at once; then the large ones one by one, as their blocks go at once.
void CloudRepository::publish(std::span<const Upload> uploads, const std::function<void(const Upload&)>& done) {
    for (const Upload& upload : uploads)
        check_relative_path(upload.name);
    std::vector<const Upload*> small, large;
    for (const Upload& upload : uploads)
        (size_of(upload) <= in_one_request ? small : large).push_back(&upload);
    std::mutex mutex;
    const auto put_one = [&](const Upload& upload) {
        took(put(upload, {}), key_of(upload.name), false);
        const std::lock_guard lock(mutex);
        if (done) done(upload);
    };
    in_parallel(small.size(), requests_at_once, [&](std::size_t i) { put_one(*small[i]); });
    for (const Upload* upload : large)
        put_one(*upload);
}

bool CloudRepository::publish_if(const Upload& upload, const std::optional<std::string>& tag) {
    check_relative_path(upload.name);
    const http::Reply reply = put(upload, only_if(tag));
    if (reply.status == 501) return publish_after_look(upload, tag);
    return took(reply, key_of(upload.name), true);
}

// For services that don't compare: who comes in between isn't seen.
bool CloudRepository::publish_after_look(const Upload& upload, const std::optional<std::string>& tag) {
    const auto now = head(upload.name);
    if (now.has_value() != tag.has_value() || (now && now->tag != *tag)) return false;
    return took(put(upload, {}), key_of(upload.name), false);
}

http::Reply CloudRepository::put(const Upload& upload, const http::Headers& condition) {
    const std::string key = key_of(upload.name);
    const std::uint64_t size = size_of(upload);
    const Fd file = upload.file.empty() ? Fd() : open_file(upload.file, O_RDONLY);
    if (file && size > in_one_request) {
        const std::uint64_t block_size = std::max(in_one_request, size / most_blocks + 1);
        return put_in_blocks({upload, key, file, size, block_size}, condition);
    }
    const std::string content = file ? content_at(file, 0, size, upload.file.string()) : std::string();
    CloudRequest request;
    request.method = "PUT";
    request.key = key;
    request.content = file ? content : upload.content;
    request.headers = describe(upload);
    for (const http::Headers& more : {check(request.content), condition})
        request.headers.insert(request.headers.end(), more.begin(), more.end());
    return ask(request);
}

bool CloudRepository::took(const http::Reply& reply, const std::string& key, bool is_conditional) const {
    if (reply.status < 300) return true;
    const std::string code = code_of(reply);
    const bool is_missing = reply.status == 404 && (code == "BlobNotFound" || code == "NoSuchKey");
    if (is_conditional && (reply.status == 412 || reply.status == 409 || is_missing)) return false;
    refuse(reply, key);
}

std::optional<PublishedFile> CloudRepository::head(const std::string& name) {
    CloudRequest request;
    request.method = "HEAD";
    request.key = key_of(name);
    const http::Reply reply = ask(request);
    if (reply.status == 404 && code_of(reply) != "ContainerNotFound") return std::nullopt;
    if (reply.status >= 300) refuse(reply, request.key);
    const auto size = parse_int(reply.header("content-length"));
    return PublishedFile{name, static_cast<std::uint64_t>(std::max<std::int64_t>(size.value_or(0), 0)), tag_in(reply)};
}

std::string CloudRepository::read(const std::string& name, std::uint64_t limit) {
    CloudRequest request;
    request.key = key_of(name);
    request.limit = limit;
    return demand(request).content;
}

void CloudRepository::walk(const std::string& prefix, bool folders, const std::function<void(const ListPage&)>& each) {
    std::string after;
    do {
        const ListPage page = list_page(base_ + prefix, folders, after);
        each(page);
        if (!page.next.empty() && page.next == after)
            throw Error(Error::Kind::unavailable, where() + " gives the same page of its list again and again.");
        after = page.next;
    } while (!after.empty());
}

void CloudRepository::list(const std::string& prefix, const std::function<void(const PublishedFile&)>& each) {
    walk(prefix, false, [&](const ListPage& page) {
        for (const PublishedFile& file : page.files)
            if (file.name.starts_with(base_ + prefix)) each({file.name.substr(base_.size()), file.size, file.tag});
    });
}

std::vector<std::string> CloudRepository::folders(const std::string& folder) {
    if (!folder.empty()) check_relative_path(folder);
    const std::string prefix = folder.empty() ? "" : folder + '/';
    const std::size_t cut = base_.size() + prefix.size();
    std::vector<std::string> names;
    walk(prefix, true, [&](const ListPage& page) {
        for (const std::string& found : page.folders)
            if (found.starts_with(base_ + prefix) && found.size() > cut + 1)
                names.push_back(found.substr(cut, found.size() - cut - 1));
    });
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

void CloudRepository::remove(const std::string& name) {
    CloudRequest request;
    request.method = "DELETE";
    request.key = key_of(name);
    const http::Reply reply = ask(request);
    if (reply.status >= 300 && reply.status != 404) refuse(reply, request.key);
}

std::string CloudRepository::key_of(const std::string& name) const {
    check_relative_path(name);
    return base_ + name;
}

http::Reply CloudRepository::ask(const CloudRequest& request) {
    return http::send_patiently(caller_, {}, [&] { return sign(request); });
}

http::Reply CloudRepository::demand(const CloudRequest& request) {
    http::Reply reply = ask(request);
    if (reply.status >= 300) refuse(reply, request.key);
    return reply;
}

// Not the service's own sentences: some tell what was to be signed, or with what.
void CloudRepository::refuse(const http::Reply& reply, const std::string& key) const {
    const std::string code = code_of(reply);
    const std::string told = code.empty() ? std::to_string(reply.status) : code;
    const std::string place = where() + (key.empty() ? "" : ": " + key);
    const std::string hint = hint_for(code, reply.status);
    if (reply.status == 404)
        throw Error(Error::Kind::not_found, place + ": there is no such thing (" + told + ").", hint);
    if (reply.status == 401 || reply.status == 403)
        throw Error(Error::Kind::denied, place + ": access is refused (" + told + ").", hint);
    if (reply.status == 429 || reply.status >= 500)
        throw Error(Error::Kind::unavailable, place + ": the service failed several times (" + told + ").", hint);
    throw Error(reply.status == 409 ? Error::Kind::conflict : Error::Kind::invalid,
                place + ": the service refused the request (" + told + ").", hint);
}

std::string CloudRepository::code_of(const http::Reply& reply) {
    const std::string header = reply.header("x-ms-error-code");
    return header.empty() ? parse_error_code(reply.content) : printable(header.substr(0, 100));
}

}  // namespace atelier::store
