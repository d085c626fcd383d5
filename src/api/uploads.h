// Blobs on their way in: hashed and written as they come, gone on with after a broken connection, named by what they
// turn out to be. Several of the same content at once don't know of each other. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/blobs.h"

namespace atelier::api {

class Uploads {
public:
    Uploads(std::shared_ptr<store::Blobs> blobs, const Clock& clock);

    // owner: who goes on with it; anybody else is told that it isn't there.
    std::string begin(const store::BlobRef& expected, const std::string& owner);
    std::uint64_t offset(const std::string& id, const std::string& owner);

    // One request's turn at an upload; another one that holds it at the same time is refused (Error::conflict).
    class Turn {
    public:
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

        // Throws Error::invalid for more than was announced, Error::exhausted when the disk is full; then all of it is
        // forgotten.
        void write(std::string_view piece);
        std::uint64_t offset() const;
        bool complete() const;
        // Gives the blob its name. Throws Error::invalid, and forgets all of it, when the content isn't what was
        // announced.
        void keep();

    private:
        friend class Uploads;
        struct Upload;
        void forget();
        Turn(Uploads& uploads, std::shared_ptr<Upload> upload);
        Uploads& uploads_;
        std::shared_ptr<Upload> upload_;
    };
    Turn resume(const std::string& id, const std::string& owner, std::uint64_t offset);
    Turn once(const store::BlobRef& expected);  // all in one request; nothing is left of it when that breaks off

private:
    std::shared_ptr<Turn::Upload> make(const store::BlobRef& expected);
    std::shared_ptr<Turn::Upload> find(const std::string& id, const std::string& owner);
    void forget_old();

    std::shared_ptr<store::Blobs> blobs_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Turn::Upload>> uploads_;
};

}  // namespace atelier::api
