#include "worker/outputs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

// The kernel grants a read lease only when nobody has the file open for writing.
bool is_being_written(const fs::path& file) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd) return false;
    if (::fcntl(fd.get(), F_SETLEASE, F_RDLCK) == 0) {
        ::fcntl(fd.get(), F_SETLEASE, F_UNLCK);
        return false;
    }
    return errno == EAGAIN;  // other errors: this file system has no leases
}

bool is_plain_name(const std::string& relative) {
    try {
        check_relative_path(relative);
        return count_characters(relative).has_value();
    } catch (const Error&) {
        return false;
    }
}

// Why this can't be an output; empty when it can.
std::string why_not(const std::string& relative, const fs::path& file) {
    if (!is_plain_name(relative)) return "its name can't be kept";
    std::error_code no_link;
    const fs::path target = fs::read_symlink(file, no_link);
    return !no_link && leads_out(relative, target) ? "it is a link that leads out of its folder" : "";
}

}  // namespace

bool leads_out(const fs::path& path, const fs::path& target) {
    if (target.is_absolute()) return true;
    const fs::path reached = (path.parent_path() / target).lexically_normal();
    return reached.begin() != reached.end() && *reached.begin() == "..";
}

Outputs::Outputs(std::vector<OutputPlace> places, std::shared_ptr<store::Blobs> blobs)
    : places_(std::move(places)), blobs_(std::move(blobs)) {}

// Calls f(place, relative, file, stat) for each regular file and symbolic link; links are not followed.
template <class F>
void Outputs::each_file(F&& f) const {
    for (const OutputPlace& place : places_) {
        const auto visit = [&](const fs::path& file, const std::string& relative) {
            struct stat info {};
            if (::lstat(file.c_str(), &info) != 0 || !(S_ISREG(info.st_mode) || S_ISLNK(info.st_mode))) return;
            f(place, relative, file, info);
        };
        if (place.is_file) {
            visit(place.path, place.path.filename().string());
            continue;
        }
        std::error_code problem;
        for (fs::recursive_directory_iterator entry(place.path, problem), end; !problem && entry != end;
             entry.increment(problem))
            visit(entry->path(), entry->path().native().substr(place.path.native().size() + 1));
    }
}

namespace {
std::int64_t modified_ns(const struct stat& info) {
    return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}
}  // namespace

void Outputs::learn(Micros since, const std::vector<wire::Output>& committed) {
    const std::lock_guard lock(mutex_);
    std::map<Key, std::uint64_t> sizes;
    for (const wire::Output& output : committed)
        sizes[{output.parameter, output.path}] = output.size;
    each_file([&](const OutputPlace& place, const std::string& relative, const fs::path&, const struct stat& info) {
        const Key key{place.parameter, relative};
        const auto known = sizes.find(key);
        const bool is_old = modified_ns(info) / 1000 < since;
        if (is_old || (known != sizes.end() && known->second == static_cast<std::uint64_t>(info.st_size)))
            known_[key] = {{static_cast<std::uint64_t>(info.st_size), modified_ns(info), info.st_ino}, ""};
    });
}

std::vector<Outputs::Found> Outputs::claim_changes() {
    std::vector<Found> found;
    const std::lock_guard lock(mutex_);
    each_file(
        [&](const OutputPlace& place, const std::string& relative, const fs::path& file, const struct stat& info) {
            const Stamp stamp{static_cast<std::uint64_t>(info.st_size), modified_ns(info), info.st_ino};
            Claim& known = known_[{place.parameter, relative}];
            if (known.stamp == stamp) return;
            if (is_being_written(file)) return;  // its writer's end will find it
            known = {stamp, ""};
            found.push_back({&place, relative, file, stamp});
        });
    return found;
}

// False when somebody has found the file changed again meanwhile. No digest: it couldn't be stored, the claim is given
// up.
bool Outputs::still_claims(const Found& found, const std::string& digest) {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find({found.place->parameter, found.relative});
    if (known == known_.end() || known->second.stamp != found.stamp) return false;
    known->second.digest = digest;
    if (digest.empty()) known_.erase(known);
    return true;
}

std::vector<wire::Output> Outputs::take() {
    std::vector<wire::Output> outputs;
    for (const Found& each : claim_changes()) {
        if (const std::string reason = why_not(each.relative, each.file); !reason.empty()) {
            log::warning("an output is left out, " + reason + ": " + printable(each.file.native()));
            continue;
        }
        try {
            wire::Output output = store(*each.place, each.relative, each.file);
            if (still_claims(each, output.digest)) outputs.push_back(std::move(output));
        } catch (const Error& error) {
            still_claims(each, "");
            // Gone, or written again by somebody else meanwhile: whoever writes it last will find it.
            if (error.kind() != Error::Kind::not_found && error.kind() != Error::Kind::conflict) throw;
        }
    }
    return outputs;
}

wire::Output Outputs::store(const OutputPlace& place, const std::string& relative, const fs::path& file) {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0) throw Error::from_errno("cannot read the output " + file.string());
    const bool is_link = S_ISLNK(info.st_mode);
    const store::BlobRef blob = is_link ? blobs_->put(fs::read_symlink(file).native()) : blobs_->put_file(file);
    return {place.parameter, relative, blob.digest.hex(), blob.size, info.st_mode & 0777u, is_link};
}

void Outputs::drop_superseded(std::vector<wire::Output>& outputs) {
    const std::lock_guard lock(mutex_);
    std::erase_if(outputs, [&](const wire::Output& output) {
        const auto known = known_.find({output.parameter, output.path});
        return known != known_.end() && known->second.digest != output.digest;
    });
}

void Outputs::disclaim(const std::vector<wire::Output>& outputs) {
    const std::lock_guard lock(mutex_);
    for (const wire::Output& output : outputs)
        known_.erase({output.parameter, output.path});
}

}  // namespace atelier::worker
