#include <algorithm>
#include <map>
#include <mutex>

#include "base/parallel.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/work/publishing.h"

namespace atelier::pipelines::sky {

namespace {

constexpr const char* index_name = "index.wtml";
constexpr const char* cache = "public, max-age=60";
constexpr std::uint64_t longest_index = 4u << 20;  // of one image
constexpr std::size_t read_at_once = 16;
constexpr int most_tries = 20;

struct Indexed {
    std::string id;
    std::int64_t instant = 0;
    Place place;
};

std::optional<Indexed> read_one(store::Repository& repository, const std::string& id) {
    const std::string name = id + "/" + index_name;
    if (!repository.head(name)) return std::nullopt;
    const std::string text = repository.read(name, longest_index);
    if (text.empty()) return std::nullopt;
    const WtmlFolder folder = read_wtml(text, name);
    if (folder.places.empty()) throw Error(Error::Kind::invalid, name + " has no place in it");
    const Place& place = folder.places.front();
    const auto instant = instant_of(place.last_updated);
    return Indexed{id, instant.value_or(std::numeric_limits<std::int64_t>::min()), place};
}

// The newest first; of the same instant by their ids.
void sort(std::vector<Indexed>& all) {
    std::sort(all.begin(), all.end(), [](const Indexed& one, const Indexed& other) {
        return one.instant != other.instant ? one.instant > other.instant : one.id < other.id;
    });
}

class Reindex {
public:
    Reindex(const Work& work, const Config& config) : work_(work), config_(config), repository_(*work.repository) {}

    Tally run() {
        for (int i = 0; i < most_tries; ++i) {
            // Asked for before anything is read: what is published and indexed meanwhile isn't lost, since then the
            // index isn't the one any more that is to be replaced.
            const auto before = repository_.head(index_name);
            std::vector<Indexed> all = read_all();
            sort(all);
            if (!put(all, before ? std::optional(before->tag) : std::nullopt)) continue;
            return tell(all.size());
        }
        throw Error(Error::Kind::unavailable,
                    "others write the index all the time: it was tried " + std::to_string(most_tries) + " times",
                    "try again later");
    }

private:
    std::vector<Indexed> read_all() {
        const std::vector<std::string> ids = repository_.folders("");
        std::vector<std::optional<Indexed>> found(ids.size());
        std::mutex mutex;
        std::size_t ended = 0;
        failed_.clear();
        in_parallel(ids.size(), read_at_once, [&](std::size_t i) {
            try {
                found[i] = read_one(repository_, ids[i]);
            } catch (const Error& error) {
                if (error.kind() != Error::Kind::invalid && error.kind() != Error::Kind::exhausted) throw;
                const std::lock_guard lock(mutex);
                failed_.emplace(ids[i], error);
            }
            const std::lock_guard lock(mutex);
            work_.tell.progress(++ended, ids.size());
        });
        std::vector<Indexed> all;
        for (auto& one : found)
            if (one) all.push_back(std::move(*one));
        return all;
    }

    bool put(const std::vector<Indexed>& all, const std::optional<std::string>& tag) {
        WtmlFolder index;
        index.name = config_.folder_name;
        index.thumbnail = config_.folder_thumbnail_url;
        for (const Indexed& one : all)
            index.places.push_back(one.place);
        return repository_.publish_if({index_name, {}, write_wtml(index), store::content_type_of(index_name), cache},
                                      tag);
    }

    Tally tell(std::size_t count) const {
        for (const auto& [id, error] : failed_)
            work_.tell.failed(id, error);
        std::string prefix = config_.publish_url_prefix;
        if (!prefix.ends_with('/')) prefix += '/';
        work_.tell.say("Published new index of " + std::to_string(count) + " items to: " + prefix + index_name);
        return {count, failed_.size()};
    }

    const Work& work_;
    const Config& config_;
    store::Repository& repository_;
    std::map<std::string, Error> failed_;
};

}  // namespace

Tally reindex(const Work& work, const Config& config) { return Reindex(work, config).run(); }

}  // namespace atelier::pipelines::sky
