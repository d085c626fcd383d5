// What repositories in the cloud have in common: names below a prefix, many requests at once, lists in pages, large
// files in blocks, errors that say what to do. How a request is signed and spelled is the service's own.
#pragma once

#include "base/files.h"
#include "http/call.h"
#include "store/cloud_xml.h"
#include "store/repository.h"
#include "store/shared_key.h"

namespace atelier::store {

struct CloudRequest {
    std::string method = "GET";
    std::string key;  // of an object; empty: of the container
    Query query;
    http::Headers headers;
    std::string_view content;
    std::uint64_t limit = 64u << 20;
};

// A file that is too large for one request.
struct LargeFile {
    const Upload& upload;
    std::string key;
    const Fd& file;
    std::uint64_t size;
    std::uint64_t block_size;

    std::size_t blocks() const { return static_cast<std::size_t>((size + block_size - 1) / block_size); }
    std::string block(std::size_t number) const;  // throws Error::conflict when the file was cut short meanwhile
};

class CloudRepository : public Repository {
public:
    void publish(std::span<const Upload> uploads, const std::function<void(const Upload&)>& done) override;
    bool publish_if(const Upload& upload, const std::optional<std::string>& tag) override;
    std::optional<PublishedFile> head(const std::string& name) override;
    std::string read(const std::string& name, std::uint64_t limit) override;
    void list(const std::string& prefix, const std::function<void(const PublishedFile&)>& each) override;
    std::vector<std::string> folders(const std::string& folder) override;
    void remove(const std::string& name) override;

protected:
    explicit CloudRepository(const std::string& prefix);

    // Each try is signed anew.
    virtual http::Call sign(const CloudRequest& request) const = 0;
    virtual http::Headers describe(const Upload& upload) const = 0;   // its type, how long it may be kept
    virtual http::Headers check(std::string_view content) const = 0;  // by which damage on the way is seen
    virtual http::Headers only_if(const std::optional<std::string>& tag) const = 0;
    virtual http::Reply put_in_blocks(const LargeFile& file, const http::Headers& condition) = 0;
    virtual std::string tag_in(const http::Reply& head) const = 0;
    virtual ListPage list_page(const std::string& prefix, bool folders, const std::string& after) = 0;
    virtual std::string hint_for(const std::string& code, int status) const = 0;

    http::Reply ask(const CloudRequest& request);     // whatever its status is
    http::Reply demand(const CloudRequest& request);  // throws for errors
    [[noreturn]] void refuse(const http::Reply& reply, const std::string& key) const;
    static std::string code_of(const http::Reply& reply);
    const std::string& base() const { return base_; }  // of every key: "", or "a/b/"

private:
    http::Reply put(const Upload& upload, const http::Headers& condition);
    bool publish_after_look(const Upload& upload, const std::optional<std::string>& tag);
    bool took(const http::Reply& reply, const std::string& key, bool is_conditional) const;
    std::string key_of(const std::string& name) const;
    void walk(const std::string& prefix, bool folders, const std::function<void(const ListPage&)>& each);

    std::string base_;
    http::Caller caller_;
};

}  // namespace atelier::store
