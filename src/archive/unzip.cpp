#include "archive/unzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>

#include "archive/in_utf8.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace atelier::archive {

namespace {

constexpr std::size_t block = 256u << 10;
constexpr std::size_t longest_name = 255;  // of a file, anywhere

using Reader = std::unique_ptr<::archive, decltype(&::archive_read_free)>;

[[noreturn]] void refuse(const std::string& why, const std::string& hint = {}) {
    throw Error(Error::Kind::invalid, "the archive " + why, hint);
}

[[noreturn]] void damaged(::archive* reader) {
    const char* const detail = ::archive_error_string(reader);
    refuse("is damaged, was cut short or is no zip" + (detail ? ": " + printable(detail) : std::string()));
}

std::string shown(std::string_view path) { return "'" + printable(path) + "'"; }

// Names that one system tells apart and another doesn't are one name here.
std::string folded(std::string_view path) {
    return lower(path);  // of other letters than ASCII's both cases may stand side by side: so they do on this system
}

// What of its own names an archive has used: two for one place would let the second replace the first.
class Names {
public:
    void add(const std::string& path, bool is_folder) {
        std::string_view rest = path;
        for (std::size_t at = rest.find('/'); at != std::string_view::npos; at = rest.find('/', at + 1))
            add_one(std::string(rest.substr(0, at)), true, path);
        add_one(path, is_folder, path);
    }

private:
    struct Known {
        std::string path;
        bool is_folder = false;
    };

    void add_one(const std::string& path, bool is_folder, const std::string& whole) {
        const auto [known, is_new] = known_.try_emplace(folded(path), Known{path, is_folder});
        if (is_new) return;
        if (known->second.is_folder && is_folder && known->second.path == path) return;
        refuse(fmt::format("has two entries for one place: {} and {}", shown(known->second.path), shown(whole)),
               "no two names may be the same, also not in other letters");
    }

    std::map<std::string, Known> known_;
};

void check_name(const std::string& path, const UnzipLimits& limits) {
    if (path.size() > limits.longest_path) refuse(fmt::format("has a name of {} bytes", path.size()));
    if (!count_characters(path)) refuse("has a name that isn't UTF-8: " + shown(path), "pack it again");
    for (const char letter : path)
        if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f')
            refuse("has a name with a control character: " + shown(path));
    try {
        check_relative_path(path);
    } catch (const Error&) {
        refuse("has a name that leads elsewhere: " + shown(path), "names are relative, with / between folders");
    }
    const auto parts = split(path, '/');
    if (parts.size() > limits.deepest_path) refuse("has folders too deep in each other: " + shown(path));
    for (const std::string_view part : parts)
        if (part.size() > longest_name) refuse("has too long a name: " + shown(path));
}

class Unzip {
public:
    Unzip(const std::filesystem::path& file, const std::filesystem::path& folder, const UnzipLimits& limits)
        : folder_(folder),
          limits_(limits),
          file_(open_file(file, O_RDONLY)),
          reader_(::archive_read_new(), &::archive_read_free) {
        if (!reader_) throw std::bad_alloc();
        struct ::stat state {};
        if (::fstat(file_.get(), &state) != 0) throw Error::from_errno("cannot look at " + file.string());
        const auto size = static_cast<std::uint64_t>(state.st_size);
        bound_ =
            std::min(limits.most_bytes, limits.free_bytes + std::min(size, limits.most_bytes) * limits.bytes_per_byte);
        ::archive_read_support_format_zip_seekable(reader_.get());
        if (::archive_read_open_fd(reader_.get(), file_.get(), block) != ARCHIVE_OK) damaged(reader_.get());
    }

    Unzipped run() {
        for (;;) {
            archive_entry* entry = nullptr;
            const int code = ::archive_read_next_header(reader_.get(), &entry);
            if (code == ARCHIVE_EOF) return done_;
            if (code != ARCHIVE_OK) damaged(reader_.get());
            take(entry);
        }
    }

private:
    void take(archive_entry* entry) {
        if (++entries_ > limits_.most_entries) refuse(fmt::format("has more than {} entries", limits_.most_entries));
        const char* const name = ::archive_entry_pathname(entry);
        if (name == nullptr) refuse("has an entry without a name that can be read");
        std::string path = name;
        const auto type = ::archive_entry_filetype(entry);
        const bool is_folder = type == AE_IFDIR;
        if (is_folder && path.ends_with('/')) path.pop_back();
        check_name(path, limits_);
        if (type != AE_IFREG && !is_folder)
            refuse("has something else than files and folders: " + shown(path), "links can't be sent");
        if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr)
            refuse("has a link: " + shown(path), "send the file itself");
        if (::archive_entry_is_encrypted(entry) != 0)
            refuse("is encrypted: " + shown(path), "send it without a password");
        names_.add(path, is_folder);
        const std::filesystem::path place = folder_ / path;
        std::filesystem::create_directories(is_folder ? place : place.parent_path());
        if (!is_folder) write(place);
    }

    // What an entry says of its size counts for nothing.
    void write(const std::filesystem::path& place) {
        const Fd out = open_file(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        for (;;) {
            const la_ssize_t count = ::archive_read_data(reader_.get(), buffer_.data(), buffer_.size());
            if (count < 0) damaged(reader_.get());
            if (count == 0) break;
            done_.bytes += static_cast<std::uint64_t>(count);
            if (done_.bytes > bound_)
                refuse("unpacks to more than " + format_bytes(bound_), "that is far more than it is packed to");
            write_all(out.get(), {buffer_.data(), static_cast<std::size_t>(count)}, place);
        }
        ++done_.files;
    }

    const std::filesystem::path& folder_;
    const UnzipLimits& limits_;
    const InUtf8 utf8_;
    const Fd file_;
    const Reader reader_;
    std::uint64_t bound_ = 0;
    std::size_t entries_ = 0;
    Names names_;
    Unzipped done_;
    std::string buffer_ = std::string(block, '\0');
};

}  // namespace

bool is_zip(const std::filesystem::path& file) {
    const Fd fd = open_file(file, O_RDONLY);
    std::array<char, 4> begin{};
    if (::pread(fd.get(), begin.data(), begin.size(), 0) != static_cast<ssize_t>(begin.size())) return false;
    const std::string_view text(begin.data(), begin.size());
    return text == "PK\x03\x04" || text == "PK\x05\x06";
}

Unzipped unzip(const std::filesystem::path& file, const std::filesystem::path& folder, const UnzipLimits& limits) {
    return Unzip(file, folder, limits).run();
}

}  // namespace atelier::archive
