#include "archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "archive/in_utf8.h"
#include "base/error.h"

namespace atelier::archive {

namespace {

constexpr std::size_t least_piece = 128u << 10;
constexpr Micros per_second = 1'000'000;

}  // namespace

class Pack::Writer {
public:
    Writer(PackForm form, std::function<bool(PackEntry&)> next_entry)
        : handle_(archive_write_new()), next_entry_(std::move(next_entry)) {
        if (!handle_) throw std::bad_alloc();
        if (form == PackForm::zip) {
            check(archive_write_set_format_zip(handle_.get()));
            check(archive_write_set_options(handle_.get(), "zip:compression=store"));  // what is made is packed already
        } else {
            check(archive_write_set_format_pax_restricted(handle_.get()));
        }
        check(archive_write_set_bytes_per_block(handle_.get(), 0));
        check(archive_write_open(handle_.get(), this, nullptr, &Writer::take, nullptr));
    }

    std::string_view next() {
        const InUtf8 names;
        piece_.clear();
        while (piece_.size() < least_piece && !closed_)
            step();
        return piece_;
    }

private:
    struct Free {
        // Who stops in the middle wants no end of the archive: it would be written into what is gone already.
        void operator()(struct archive* handle) const {
            archive_write_fail(handle);
            archive_write_free(handle);
        }
    };

    static la_ssize_t take(struct archive*, void* self, const void* bytes, std::size_t size) {
        static_cast<Writer*>(self)->piece_.append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
    }

    void check(int status) const {
        if (status == ARCHIVE_OK || status == ARCHIVE_WARN) return;
        const char* why = archive_error_string(handle_.get());
        throw Error(Error::Kind::internal,
                    std::string("the archive can't be made: ") + (why ? why : "no reason given"));
    }

    void step() {
        if (content_) return copy();
        PackEntry entry;
        if (next_entry_(entry)) return begin(entry);
        check(archive_write_close(handle_.get()));
        closed_ = true;
    }

    void begin(const PackEntry& entry) {
        const std::unique_ptr<struct archive_entry, decltype(&archive_entry_free)> header(archive_entry_new(),
                                                                                          &archive_entry_free);
        archive_entry_set_pathname_utf8(header.get(), entry.path.c_str());
        archive_entry_set_perm(header.get(), entry.mode & 0777);
        archive_entry_set_mtime(header.get(), entry.modified / per_second, 0);
        if (entry.link_target.empty()) {
            archive_entry_set_filetype(header.get(), AE_IFREG);
            archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.size));
        } else {
            archive_entry_set_filetype(header.get(), AE_IFLNK);
            archive_entry_set_symlink_utf8(header.get(), entry.link_target.c_str());
        }
        check(archive_write_header(handle_.get(), header.get()));
        if (!entry.link_target.empty()) return;
        left_ = entry.size;
        path_ = entry.path;
        content_ = entry.open();
    }

    void copy() {
        const std::string_view bytes = (*content_)();
        if (bytes.size() > left_ || (bytes.empty() && left_ > 0))
            throw Error(Error::Kind::internal, path_ + " is not as long as it should be");
        if (bytes.empty()) return content_.reset();
        left_ -= bytes.size();
        if (archive_write_data(handle_.get(), bytes.data(), bytes.size()) < 0) check(ARCHIVE_FATAL);
    }

    std::unique_ptr<struct archive, Free> handle_;
    std::function<bool(PackEntry&)> next_entry_;
    std::string piece_;
    std::optional<std::function<std::string_view()>> content_;
    std::uint64_t left_ = 0;
    std::string path_;
    bool closed_ = false;
};

Pack::Pack(PackForm form, std::function<bool(PackEntry&)> next_entry)
    : writer_(std::make_unique<Writer>(form, std::move(next_entry))) {}

Pack::~Pack() = default;

std::string_view Pack::next() { return writer_->next(); }

namespace {

// As many zeros as asked for.
class Zeros {
public:
    explicit Zeros(std::uint64_t left) : left_(left) {}

    std::string_view next() {
        static const std::string zeros(most_at_once, '\0');
        const std::uint64_t size = std::min<std::uint64_t>(left_, zeros.size());
        left_ -= size;
        return std::string_view(zeros).substr(0, size);
    }

private:
    static constexpr std::size_t most_at_once = 1u << 20;
    std::uint64_t left_;
};

}  // namespace

std::uint64_t packed_size(PackForm form, const std::function<bool(PackEntry&)>& next_entry) {
    Pack pack(form, [&](PackEntry& entry) {
        if (!next_entry(entry)) return false;
        entry.open = [size = entry.size] { return [zeros = std::make_shared<Zeros>(size)] { return zeros->next(); }; };
        return true;
    });
    std::uint64_t size = 0;
    for (std::string_view piece = pack.next(); !piece.empty(); piece = pack.next())
        size += piece.size();
    return size;
}

}  // namespace atelier::archive
