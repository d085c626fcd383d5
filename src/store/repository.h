// Published files: for others to read under names of their own, replaced as a whole. A folder, Azure Blob, S3 and
// Google Cloud Storage all have these few verbs. Names are relative paths ("ngc253/index.wtml"). Every call may be made
// from any thread. Failures are Errors: not_found, denied, exhausted, unavailable (worth another try, and tried again
// before); no error and no log ever holds a credential.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atelier::store {

struct PublishedFile {
    std::string name;
    std::uint64_t size = 0;
    std::string tag;  // changes whenever the content does
};

struct Upload {
    std::string name;
    std::filesystem::path file;  // what is uploaded; or, when empty:
    std::string content;
    std::string type;   // Content-Type
    std::string cache;  // Cache-Control; nothing: not said
};

class Repository {
public:
    virtual ~Repository() = default;

    virtual std::string where() const = 0;  // for people: "/srv/sky", "azure container sky, below studies/"

    // Several at a time, in any order, also over what was there; `done` is told of each, from one thread at a time.
    // When it returns, all of them survive a power cut.
    virtual void publish(std::span<const Upload> uploads, const std::function<void(const Upload&)>& done = {}) = 0;
    // Only over what has this tag; nothing: only where nothing is. False when somebody else was quicker.
    virtual bool publish_if(const Upload& upload, const std::optional<std::string>& tag) = 0;

    virtual std::optional<PublishedFile> head(const std::string& name) = 0;
    // Throws Error::not_found; Error::exhausted beyond the limit.
    virtual std::string read(const std::string& name, std::uint64_t limit) = 0;
    // Those whose names begin with `prefix`, in the order of their names.
    virtual void list(const std::string& prefix, const std::function<void(const PublishedFile&)>& each) = 0;
    // What lies directly below `folder` ("" or "a/b"): the names of the folders in it.
    virtual std::vector<std::string> folders(const std::string& folder) = 0;
    virtual void remove(const std::string& name) = 0;  // fine when it isn't there
};

std::unique_ptr<Repository> open_folder_repository(const std::filesystem::path& root);

struct AzurePlace {
    std::string connection_string;  // a secret
    std::string container;
    std::string prefix;  // of every name; may be empty
};
std::unique_ptr<Repository> open_azure_repository(const AzurePlace& place);

// s3://bucket/prefix; credentials, region and endpoint from the environment, by the names that others use
// (AWS_ACCESS_KEY_ID, ...).
std::unique_ptr<Repository> open_s3_repository(const std::string& url);
// gs://bucket/prefix, through the interface that speaks as S3 does, with an HMAC key.
std::unique_ptr<Repository> open_gcs_repository(const std::string& url);

std::string content_type_of(const std::filesystem::path& file);  // image/png, application/x-wtml+xml, ...

}  // namespace atelier::store
