#include "pipelines/sky/work/fetching.h"

#include <boost/json/object.hpp>
#include <map>
#include <mutex>
#include <set>

#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/work/rejects.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t fetched_at_once = 4;
constexpr std::uint64_t largest_image = std::uint64_t{64} << 30;
constexpr const char* image_name_key = "toasty_cached_image_name";  // as the original has it
constexpr const char* version_key = "atelier_image_version";

// What we add to an item isn't the source's.
json::Value without_ours(json::Value item) {
    if (item.is_object())
        for (const char* key : {image_name_key, version_key})
            item.get_object().erase(key);
    return item;
}

// With what we know of the image that is there already.
json::Value with_ours(json::Value item, const fs::path& file) {
    try {
        const json::Value kept = json::parse(read_file(file));
        for (const char* key : {image_name_key, version_key})
            if (const json::Value* ours = find(kept, key); ours != nullptr && item.is_object())
                item.get_object()[key] = *ours;
    } catch (const Error&) {  // it is written anew
    }
    return item;
}

std::optional<http::Version> version_of(const json::Value& item) {
    const json::Value* kept = find(item, version_key);
    if (kept == nullptr) return std::nullopt;
    return http::Version{text_at(*kept, "etag"), text_at(*kept, "last_modified")};
}

class ImageFetch {
public:
    ImageFetch(const Work& work, Source& source, const std::string& id)
        : work_(work), source_(source), id_(id), folder_(work.folder.at(stage::cache_todo, id)) {}

    bool run() {
        fs::create_directories(folder_);
        const auto lock = lock_folder(folder_);
        if (!lock) return true;  // another process has just taken it further
        remove_unfinished(folder_);
        if (!work_.way.is_reviewed && !fs::exists(folder_ / source_.item_file())) return fs::remove(folder_), true;
        const json::Value kept = kept_item(work_, source_, id_);
        Candidate candidate;
        candidate.id = id_;
        candidate.item = without_ours(kept);
        source_.complete(candidate);
        if (!candidate.rejected.empty()) return reject(candidate.rejected);
        image_ = find_image(folder_);
        if (image_) known_ = version_of(kept);
        download(candidate);
        if (const std::string reason = reason_against(candidate); !reason.empty()) return reject(reason);
        keep_item(candidate);
        return say("done"), true;
    }

private:
    void say(const std::string& how) const {
        if (work_.way.is_reviewed) work_.tell.say("fetching " + id_ + " ... " + how);
    }

    bool reject(const std::string& reason) const {
        if (work_.way.is_reviewed || image_) write_reject(work_, id_, {reason, Rejector::source});
        work_.folder.remove(stage::cache_todo, id_);
        if (work_.way.is_reviewed) fs::remove(work_.folder.at(stage::candidates, id_));
        if (work_.way.is_reviewed)
            say("not usable: " + reason);
        else
            work_.tell.say("skipping " + id_ + ": not ingestible into WWT: " + reason);
        return false;
    }

    // From the first address where it is; an archive may lack the largest sizes.
    void download(const Candidate& candidate) {
        std::vector<std::string> urls{candidate.image_url};
        urls.insert(urls.end(), candidate.other_urls.begin(), candidate.other_urls.end());
        for (std::size_t i = 0; i < urls.size(); ++i)
            try {
                return take(urls[i], candidate.image_bytes);
            } catch (const Error& error) {
                if (error.kind() != Error::Kind::not_found || i + 1 == urls.size()) throw;
            }
    }

    void take(const std::string& url, std::optional<std::uint64_t> bytes) {
        const std::string extension = image_extension(url);
        if (extension.empty())
            throw Error(Error::Kind::invalid,
                        "its address doesn't end with the name of an image: " + http::shown_url(url));
        const fs::path image = folder_ / ("image." + extension);
        if (image_ && *image_ != image) {
            fs::remove(*image_);
            known_.reset();
        }
        if (url.find("://") == std::string::npos)
            copy(url, image, bytes);
        else
            fetch(url, image, bytes);
        image_ = image;
    }

    void copy(const fs::path& from, const fs::path& image, std::optional<std::uint64_t> bytes) const {
        if (!fs::is_regular_file(from)) throw Error(Error::Kind::not_found, from.string() + " is not there any more");
        if (bytes && fs::file_size(from) != *bytes)
            throw Error(Error::Kind::conflict, from.string() + " is being changed", "fetch again when it is whole");
        const fs::path part = image.string() + ".part";
        fs::copy_file(from, part, fs::copy_options::overwrite_existing);
        fs::rename(part, image);
        sync_folder(folder_);
    }

    void fetch(const std::string& url, const fs::path& image, std::optional<std::uint64_t> bytes) {
        http::Download wanted{url, image, largest_image, bytes, {}, {}};
        if (fs::exists(image)) wanted.known = known_;
        const http::Fetched fetched = work_.fetcher->download(wanted);
        if (!fetched.is_unchanged) known_ = fetched.version;
    }

    // What an image itself says of its place is known now.
    std::string reason_against(const Candidate& candidate) const {
        const PixelSize size = size_of(*image_);  // a damaged image is no reject: the next try may bring a whole one
        try {
            source_.position(candidate.item, *image_, size);
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::invalid) return std::string(error.what());
            throw;
        }
        return {};
    }

    // Beside the image, unless the candidate has all of it.
    void keep_item(const Candidate& candidate) const {
        const fs::path kept = work_.folder.at(stage::candidates, id_);
        if (work_.way.is_reviewed && fs::is_regular_file(kept) && json::parse(read_file(kept)) == candidate.item)
            return;
        json::Value item = candidate.item;
        if (item.is_object()) {
            item.get_object()[image_name_key] = image_->filename().string();
            if (known_ && *known_ != http::Version{})
                item.get_object()[version_key] =
                    json::Object{{"etag", known_->etag}, {"last_modified", known_->last_modified}};
        }
        write_file_durably(folder_ / source_.item_file(), json::pretty(item));
    }

    const Work& work_;
    Source& source_;
    const std::string& id_;
    const fs::path folder_;
    std::optional<fs::path> image_;
    std::optional<http::Version> known_;
};

}  // namespace

namespace {

// Lays what the source says of new images into cache_todo/.
class Queueing {
public:
    Queueing(const Work& work, Source& source) : work_(work), source_(source), standings_(*work.repository) {}

    Queue run(bool all) {
        std::vector<Candidate> candidates;
        source_.list([&](const std::string& id) { return !all && is_known(id); },
                     [&](Candidate candidate) { candidates.push_back(std::move(candidate)); });
        std::vector<std::string> ids;
        for (const Candidate& candidate : candidates)
            ids.push_back(candidate.id);
        standings_.ask(ids);
        queue_.candidates = candidates.size();
        for (const Candidate& candidate : candidates)
            if (is_new(candidate.id)) consider(candidate);
        add_begun();
        return std::move(queue_);
    }

private:
    bool is_new(const std::string& id) {
        return standings_.of(id) == Standing::unknown && !work_.folder.has(stage::out_todo, id);
    }
    bool is_known(const std::string& id) { return !is_new(id) || work_.folder.has(stage::cache_todo, id); }

    void consider(const Candidate& candidate) {
        work_.tell.say("caching candidate input " + candidate.id + " ...");
        const std::string reason = reason_against(candidate);
        if (!reason.empty()) return work_.tell.say("skipping " + candidate.id + ": not ingestible into WWT: " + reason);
        const fs::path folder = work_.folder.at(stage::cache_todo, candidate.id);
        if (!keep_item(folder / source_.item_file(), candidate)) return;
        queue_.ids.push_back(candidate.id);
    }

    // False: another process has just taken the image further.
    static bool keep_item(const fs::path& file, const Candidate& candidate) {
        const bool is_there = fs::exists(file);
        // A listing that tells of an image in part alone says nothing new of one that is known in full.
        if (is_there && candidate.image_url.empty()) return true;
        const std::string text = json::pretty(is_there ? with_ours(candidate.item, file) : candidate.item);
        if (is_there && read_file(file) == text) return true;
        fs::create_directories(file.parent_path());
        const auto lock = lock_folder(file.parent_path());
        if (lock) write_file_durably(file, text);
        return lock.has_value();
    }

    std::string reason_against(const Candidate& candidate) {
        if (!candidate.rejected.empty()) return candidate.rejected;
        if (!queued_.insert(candidate.id).second) return "its id is in the feed twice";
        const auto reject = read_reject(work_, candidate.id);
        if (!reject) return {};
        return reject->reason + " (" + work_.folder.at(stage::rejects, candidate.id).string() +
               " says so; without it, it is tried again)";
    }

    // Those that an earlier run began, and a listing that ended early doesn't name.
    void add_begun() {
        for (const std::string& id : work_.folder.ids(stage::cache_todo)) {
            const fs::path folder = work_.folder.at(stage::cache_todo, id);
            if (!queued_.count(id) && !find_image(folder) && fs::exists(folder / source_.item_file()))
                queue_.ids.push_back(id);
        }
    }

    const Work& work_;
    Source& source_;
    Standings standings_;
    std::set<std::string> queued_;
    Queue queue_;
};

}  // namespace

Queue queue_new_images(const Work& work, Source& source, bool all) { return Queueing(work, source).run(all); }

bool fetch_image(const Work& work, Source& source, const std::string& id) { return ImageFetch(work, source, id).run(); }

Tally fetch_images(const Work& work, Source& source, const std::vector<std::string>& ids) {
    Work quiet = work;
    std::mutex mutex;
    quiet.tell.say = [&](const std::string& line) {
        const std::lock_guard lock(mutex);
        work.tell.say(line);
    };
    return each_image(quiet, ids, fetched_at_once,
                      [&](const std::string& id) { return fetch_image(quiet, source, id); });
}

}  // namespace atelier::pipelines::sky
