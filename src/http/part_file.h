// A file that is being fetched: FILE.part beside it, and in FILE.part.version what of which it is a part, so that a
// later process can go on. For http/fetch.cpp alone.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/files.h"
#include "http/fetch.h"

namespace atelier::http {

class PartFile {
public:
    // Locked against other processes (Error::conflict). What is there of another address is dropped.
    PartFile(const std::filesystem::path& file, const std::string& url);
    ~PartFile();  // keeps what another try can go on with
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    std::uint64_t size() const { return size_; }
    // What the rest may be asked for with (If-Range); empty when it can't be told whether it would fit.
    std::string validator() const;
    const Version& version() const { return version_; }

    void begin(const Version& version);  // with nothing
    void write(std::string_view piece);
    void finish();   // synced and renamed to the file
    void discard();  // all of it

private:
    std::filesystem::path version_path() const;
    void open();
    void load(const std::string& url);
    void truncate();

    std::filesystem::path file_;
    std::filesystem::path part_;
    std::string url_;
    Fd open_;
    std::uint64_t size_ = 0;
    Version version_;
    bool is_over_ = false;
};

}  // namespace atelier::http
