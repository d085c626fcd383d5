#include "pipelines/sky/work/work.h"

#include <mutex>

#include "base/parallel.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t longest_config = 1u << 20;
constexpr std::size_t asked_at_once = 16;

std::string text_of_config(const Work& work) {
    const fs::path copy = work.folder.root() / config_name;
    if (work.repository == nullptr) return read_file(copy, longest_config);
    std::string text;
    try {
        text = work.repository->read(config_name, longest_config);
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::not_found) throw;
        throw Error(Error::Kind::not_found,
                    "there is no " + std::string(config_name) + " in " + work.repository->where(),
                    "it says where images come from and where they are published; docs/sky.md has an example");
    }
    if (!fs::exists(copy) || read_file(copy, longest_config) != text) {
        fs::create_directories(work.folder.root());
        const auto lock = lock_folder(work.folder.root());
        remove_unfinished(work.folder.root());
        write_file_durably(copy, text);
    }
    return text;
}

}  // namespace

Config load_config(const Work& work) { return parse_config(text_of_config(work), config_name); }

Standings::Standings(store::Repository& repository) : repository_(repository) {
    for (std::string& name : repository.folders(""))
        folders_.insert(std::move(name));
}

Standing Standings::look(const std::string& id) const {
    if (!folders_.count(id)) return Standing::unknown;
    if (repository_.head(id + "/index.wtml")) return Standing::published;
    return repository_.head(id + "/skip.flag") ? Standing::ignored : Standing::unknown;
}

void Standings::ask(const std::vector<std::string>& ids) {
    std::vector<Standing> found(ids.size());
    in_parallel(ids.size(), asked_at_once, [&](std::size_t i) { found[i] = look(ids[i]); });
    for (std::size_t i = 0; i < ids.size(); ++i)
        known_[ids[i]] = found[i];
}

Standing Standings::of(const std::string& id) {
    const auto known = known_.find(id);
    return known != known_.end() ? known->second : known_[id] = look(id);
}

json::Value kept_item(const Work& work, const Source& source, const std::string& id) {
    const fs::path beside = work.folder.at(stage::cache_todo, id) / source.item_file();
    const fs::path candidate = work.folder.at(stage::candidates, id);
    const fs::path& kept = fs::exists(beside) ? beside : candidate;
    if (!fs::is_regular_file(kept))
        throw Error(Error::Kind::not_found, "nothing is kept of what the source says of " + id,
                    "it is made anew by `refresh` or `fetch`");
    try {
        return json::parse(read_file(kept));
    } catch (const Error& error) {
        throw Error(error.kind(), kept.string() + ": " + error.what(), "remove it; it is made anew");
    }
}

Tally each_image(const Work& work, const std::vector<std::string>& ids, std::size_t at_once,
                 const std::function<bool(const std::string& id)>& action) {
    Tally tally;
    std::mutex mutex;
    std::size_t ended = 0;
    const auto fail = [&](const std::string& id, const Error& error) {
        const std::lock_guard lock(mutex);
        ++tally.failed;
        work.tell.failed(id, error);
    };
    in_parallel(ids.size(), at_once, [&](std::size_t i) {
        try {
            const bool done = action(ids[i]);
            const std::lock_guard lock(mutex);
            if (done) ++tally.done;
        } catch (const Error& error) {
            fail(ids[i], error);
        } catch (const std::exception& error) {
            fail(ids[i], Error(Error::Kind::internal, error.what()));
        }
        const std::lock_guard lock(mutex);
        work.tell.progress(++ended, ids.size());
    });
    return tally;
}

}  // namespace atelier::pipelines::sky
