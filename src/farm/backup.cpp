#include "farm/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/pack.h"
#include "archive/zstd.h"
#include "base/error.h"
#include "base/file_pieces.h"
#include "base/json_struct.h"
#include "farm/backup_form.h"
#include "farm/queries.h"

namespace atelier::farm {

namespace fs = std::filesystem;

namespace {

// Its first `size` bytes: it may grow meanwhile.
archive::PackEntry entry_of_open(const std::string& name, const fs::path& path, Fd file, std::uint64_t size) {
    const auto source = std::make_shared<FilePieces>(std::move(file), path, 0, size);
    archive::PackEntry entry;
    entry.path = name;
    entry.size = size;
    entry.mode = 0600;
    entry.open = [source] { return [source] { return source->next(); }; };
    return entry;
}

archive::PackEntry entry_of_file(const std::string& name, const fs::path& path, std::uint64_t size) {
    return entry_of_open(name, path, open_file(path, O_RDONLY), size);
}

archive::PackEntry entry_of_text(const std::string& name, const std::string& text) {
    archive::PackEntry entry;
    entry.path = name;
    entry.size = text.size();
    entry.mode = 0600;
    entry.open = [text] {
        const auto given = std::make_shared<bool>(false);
        return [text, given] { return std::exchange(*given, true) ? std::string_view() : std::string_view(text); };
    };
    return entry;
}

// Read and hashed once more: a backup of a damaged blob would be a surprise on the day when it is needed.
archive::PackEntry entry_of_blob(const std::string& digest, const fs::path& path, std::uint64_t size) {
    archive::PackEntry entry = entry_of_file(backup_blobs + digest, path, size);
    entry.open = [digest, path, read = entry.open()] {
        const auto hash = std::make_shared<Sha256>();
        return [digest, path, read, hash] {
            const std::string_view piece = read();
            if (!piece.empty())
                hash->update(piece);
            else if (hash->finish().hex() != digest)
                throw Error(Error::Kind::internal, "the blob " + path.string() + " is damaged",
                            "`atelier store check` names all that are");
            return piece;
        };
    };
    return entry;
}

Digest digest_of_file(const fs::path& path) {
    Sha256 hash;
    FilePieces source(open_file(path, O_RDONLY), path);
    for (std::string_view piece = source.next(); !piece.empty(); piece = source.next())
        hash.update(piece);
    return hash.finish();
}

struct LogFile {
    std::string name;
    fs::path path;
};

class Backup {
public:
    Backup(const Layout& layout, const std::string& database, const fs::path& folder)
        : layout_(layout),
          blobs_(layout.open_blobs()),
          copy_(folder / "atelier.db"),
          packed_(folder / backup_database) {
        copy_database(database, copy_.string());
        archive::compress_file(copy_, packed_);
        const auto reader = db::open(copy_.string(), db::Access::read_only);
        report_.jobs = std::get<0>(*reader->row<std::int64_t>("SELECT count(*) FROM jobs"));
        digests_ = live_digests(*reader, *blobs_);
        list_logs();
    }

    void write(const fs::path& file) {
        BackupHead head{backup_form, report_.jobs, digests_.size(), logs_.size(), digest_of_file(copy_).hex()};
        head_ = json::text(json::write(head));
        const Fd out = open_file(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        archive::Pack pack(archive::PackForm::tar, [this](archive::PackEntry& entry) { return next_entry(entry); });
        for (std::string_view piece = pack.next(); !piece.empty(); piece = pack.next())
            write_all(out.get(), piece, file);
        if (::fsync(out.get()) != 0) throw Error::from_errno("cannot write " + file.string());
    }

    const BackupReport& report() const { return report_; }

private:
    // Listed after the copy was made: what its attempts have said is in the logs by now.
    void list_logs() {
        if (!fs::exists(layout_.logs())) return;
        std::set<fs::path> paths;  // without their .zst: one that is being compressed is there twice
        for (const auto& entry : fs::recursive_directory_iterator(layout_.logs()))
            if (entry.is_regular_file() && entry.path().extension() != ".tmp")
                paths.insert(entry.path().extension() == ".zst" ? fs::path(entry.path()).replace_extension()
                                                                : entry.path());
        for (const fs::path& path : paths)
            logs_.push_back({path.lexically_relative(layout_.logs()).string(), path});
    }

    bool next_entry(archive::PackEntry& entry) {
        const std::size_t index = next_++;
        if (index == 0)
            entry = entry_of_text(backup_head, head_);
        else if (index == 1)
            entry = entry_of_file(backup_database, packed_, fs::file_size(packed_));
        else if (!digests_.empty())
            entry = next_blob();
        else if (report_.logs < logs_.size())
            entry = next_log();
        else
            return false;
        return true;
    }

    archive::PackEntry next_blob() {
        const std::string digest = digests_.extract(digests_.begin()).value();
        const std::string key = store::Blobs::key_of(Digest::from_hex(digest));
        const auto info = blobs_->store().head(key);
        const auto path = blobs_->store().local_path(key);
        if (!info || !path)
            throw Error(Error::Kind::internal,
                        "the blob " + digest + " that the database counts on is not in the store",
                        "`atelier store check` looks at all that are");
        ++report_.blobs;
        report_.bytes += info->size;
        return entry_of_blob(digest, *path, info->size);
    }

    // A log may be compressed, or removed with its job, at any moment.
    archive::PackEntry next_log() {
        const LogFile& log = logs_[report_.logs++];
        for (const char* suffix : {"", ".zst"}) {
            const fs::path path = log.path.string() + suffix;
            Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
            struct stat info {};
            if (!file || ::fstat(file.get(), &info) != 0) continue;
            const auto size = static_cast<std::uint64_t>(info.st_size);
            report_.bytes += size;
            return entry_of_open(backup_logs + log.name + suffix, path, std::move(file), size);
        }
        return entry_of_text(backup_logs + log.name, "");
    }

    const Layout& layout_;
    std::shared_ptr<store::Blobs> blobs_;
    const fs::path copy_;
    const fs::path packed_;
    BackupReport report_;
    std::set<std::string> digests_;
    std::vector<LogFile> logs_;
    std::string head_;
    std::size_t next_ = 0;
};

}  // namespace

BackupReport back_up(const Layout& layout, const std::string& database, const fs::path& file) {
    if (fs::exists(file)) throw Error(Error::Kind::conflict, file.string() + " is there already", "name another file");
    const fs::path target = fs::absolute(file);
    const fs::path partial = target.string() + ".partial";  // what a kill leaves goes the next time
    const Fd held = layout.hold_blobs();
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    if (!fs::create_directory(partial, ignored))
        throw Error(Error::Kind::denied, "cannot make the folder " + partial.string());
    try {
        Backup backup(layout, database, partial);
        backup.write(partial / "backup.tar");
        fs::rename(partial / "backup.tar", target);
        sync_folder(target.parent_path());
        fs::remove_all(partial, ignored);
        return backup.report();
    } catch (...) {
        fs::remove_all(partial, ignored);
        throw;
    }
}

}  // namespace atelier::farm
