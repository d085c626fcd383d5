// A backup on its way back into a data folder: all of it is laid and verified beside, then renamed into place.
#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "archive/unpack.h"
#include "archive/zstd.h"
#include "base/error.h"
#include "base/json_struct.h"
#include "farm/backup.h"
#include "farm/backup_form.h"
#include "farm/queries.h"

namespace atelier::farm {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kept_together = 256;  // blobs: synced at once
constexpr std::uint64_t whole = ~std::uint64_t{0};

class Restore {
public:
    Restore(const fs::path& file, const Layout& layout) : file_(file), layout_(layout), blobs_(layout.open_blobs()) {}

    BackupReport run() {
        archive::unpack(file_, [this](const archive::UnpackedEntry& entry) { take(entry); });
        keep_arrived();
        if (!head_) broken("it has no head");
        if (!has_database_) broken("its database is missing");
        if (report_.blobs != head_->blobs || report_.logs != head_->logs) broken("files are missing");
        check_blobs();
        const Fd folder = open_file(layout_.root, O_RDONLY | O_DIRECTORY);
        if (::syncfs(folder.get()) != 0) throw Error::from_errno("cannot write " + layout_.root.string());
        return report_;
    }

private:
    [[noreturn]] void broken(const std::string& why) const {
        throw Error(Error::Kind::invalid, file_.string() + " is no whole backup: " + why);
    }

    void take(const archive::UnpackedEntry& entry) {
        const std::string_view path = entry.path;
        if (!head_) return take_head(entry);
        if (path == backup_database) return take_database(entry);
        if (path.starts_with(backup_blobs))
            return take_blob(entry, entry.path.substr(std::string(backup_blobs).size()));
        if (path.starts_with(backup_logs)) return take_log(entry, entry.path.substr(std::string(backup_logs).size()));
        broken("what is " + entry.path.substr(0, 100) + "?");
    }

    void take_head(const archive::UnpackedEntry& entry) {
        if (entry.path != backup_head || entry.size > 64'000) broken("it was not made by `atelier backup`");
        std::string text;
        for (std::string_view piece = entry.next(); !piece.empty(); piece = entry.next())
            text += piece;
        head_ = json::read<BackupHead>(json::parse(text));
        if (head_->form != backup_form) broken("a newer atelier has made it: update this program");
        report_.jobs = head_->jobs;
    }

    void take_database(const archive::UnpackedEntry& entry) {
        const fs::path packed = layout_.root / backup_database;
        write(entry, packed);
        const Fd out = open_file(layout_.database(), O_WRONLY | O_CREAT | O_EXCL, 0600);
        Sha256 hash;
        archive::read_compressed(packed, 0, whole, [&](std::string_view piece) {
            hash.update(piece);
            write_all(out.get(), piece, layout_.database());
        });
        fs::remove(packed);
        if (hash.finish().hex() != head_->database) broken("its database is damaged");
        has_database_ = true;
    }

    void take_blob(const archive::UnpackedEntry& entry, const std::string& name) {
        store::Arrival arrival{blobs_->store().begin(), store::Blobs::key_of(Digest::from_hex(name)), false};
        Sha256 hash;
        for (std::string_view piece = entry.next(); !piece.empty(); piece = entry.next()) {
            hash.update(piece);
            arrival.object->write(piece);
        }
        if (hash.finish().hex() != name) broken("the blob " + name + " is damaged");
        arrived_.push_back(std::move(arrival));
        if (arrived_.size() >= kept_together) keep_arrived();
        ++report_.blobs;
        report_.bytes += entry.size;
    }

    void keep_arrived() {
        blobs_->store().keep(arrived_);
        arrived_.clear();
    }

    void take_log(const archive::UnpackedEntry& entry, const std::string& name) {
        check_relative_path(name);
        const fs::path path = layout_.logs() / name;
        fs::create_directories(path.parent_path());
        write(entry, path);
        ++report_.logs;
        report_.bytes += entry.size;
    }

    static void write(const archive::UnpackedEntry& entry, const fs::path& path) {
        const Fd out = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        for (std::string_view piece = entry.next(); !piece.empty(); piece = entry.next())
            write_all(out.get(), piece, path);
    }

    void check_blobs() {
        const auto reader = db::open(layout_.database().string(), db::Access::read_only);
        for (const std::string& digest : live_digests(*reader, *blobs_))
            if (!blobs_->store().head(store::Blobs::key_of(Digest::from_hex(digest))))
                broken("the blob " + digest + " is missing");
    }

    const fs::path& file_;
    const Layout& layout_;
    std::shared_ptr<store::Blobs> blobs_;
    std::optional<BackupHead> head_;
    bool has_database_ = false;
    std::vector<store::Arrival> arrived_;
    BackupReport report_;
};

void require_empty(const fs::path& root) {
    std::error_code none;
    if (!fs::exists(root, none)) return;
    if (!fs::is_directory(root, none) || !fs::is_empty(root, none))
        throw Error(Error::Kind::conflict, "the data folder " + root.string() + " is not empty",
                    "set ATELIER_HOME to a folder that is not there yet");
}

void put_into_place(const fs::path& made, const fs::path& root) {
    std::error_code problem;
    fs::rename(made, root, problem);  // an empty folder gives way
    if (problem) throw Error::from_errno("cannot make the data folder " + root.string(), problem.value());
    sync_folder(root.parent_path());
}

}  // namespace

BackupReport restore(const fs::path& file, const Layout& layout, const std::string& database) {
    require_empty(layout.root);
    const Layout made{layout.root.string() + ".restoring"};  // what a kill leaves goes the next time
    std::error_code ignored;
    fs::remove_all(made.root, ignored);
    try {
        made.create();
        const BackupReport report = Restore(file, made).run();
        if (!database.empty()) {
            copy_database(made.database().string(), database);
            for (const char* suffix : {"", "-wal", "-shm"})
                fs::remove(made.database().string() + suffix, ignored);
        }
        put_into_place(made.root, layout.root);
        return report;
    } catch (...) {
        fs::remove_all(made.root, ignored);
        throw;
    }
}

}  // namespace atelier::farm
