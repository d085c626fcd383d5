#include "pipelines/sky/work/reviewing.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <set>

#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/work/rejects.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

class Refresh {
public:
    Refresh(const Work& work, Source& source) : work_(work), source_(source), standings_(*work.repository) {}

    Refreshed run(bool all) {
        std::vector<Candidate> candidates;
        source_.list([&](const std::string& id) { return !all && is_known(id); },
                     [&](Candidate candidate) { candidates.push_back(std::move(candidate)); });
        std::vector<std::string> ids;
        for (const Candidate& candidate : candidates)
            ids.push_back(candidate.id);
        standings_.ask(ids);
        told_.candidates = candidates.size();
        fs::create_directories(work_.folder.at(stage::candidates));
        fs::create_directories(work_.folder.at(stage::rejects));
        const auto lock = lock_folder(work_.folder.at(stage::candidates));
        remove_unfinished(work_.folder.at(stage::candidates));
        for (const Candidate& candidate : candidates)
            take(candidate);
        for (const char* where : {stage::candidates, stage::rejects})
            clear(where);
        return told_;
    }

private:
    // What is published, or ignored for good, is no candidate any more, and needs no reject.
    void clear(const char* where) {
        const std::vector<std::string> ids = work_.folder.ids(where);
        standings_.ask(ids);
        for (const std::string& id : ids)
            if (standings_.of(id) != Standing::unknown) work_.folder.remove(where, id);
    }

    bool is_known(const std::string& id) {
        return standings_.of(id) != Standing::unknown || work_.folder.has(stage::candidates, id) ||
               work_.folder.has(stage::rejects, id);
    }

    void take(const Candidate& candidate) {
        const Standing standing = standings_.of(candidate.id);
        if (standing == Standing::published) return void(++told_.published);
        if (standing == Standing::ignored) return void(++told_.ignored);
        if (!taken_.insert(candidate.id).second) {
            ++told_.rejected;
            return work_.tell.say("rejecting " + candidate.id + ": its id is in the feed twice; the first one counts");
        }
        const std::string reason = reason_against(candidate);
        if (!reason.empty()) return turn_down(candidate.id, reason);
        fs::remove(work_.folder.at(stage::rejects, candidate.id));  // it was of the source, which now says otherwise
        const fs::path file = work_.folder.at(stage::candidates, candidate.id);
        const std::string text = json::pretty(candidate.item);
        if (!fs::exists(file) || read_file(file) != text) write_file_durably(file, text);
        ++told_.saved;
    }

    // A person's reject stays one. That of an image whose own page tells more than the listing isn't looked at again.
    std::string reason_against(const Candidate& candidate) const {
        const auto reject = read_reject(work_, candidate.id);
        if (reject && (reject->by == Rejector::person || !is_told_by_listing(candidate))) return reject->reason;
        return candidate.rejected;
    }

    static bool is_told_by_listing(const Candidate& candidate) {
        return !candidate.rejected.empty() || !candidate.image_url.empty();
    }

    void turn_down(const std::string& id, const std::string& reason) {
        ++told_.rejected;
        work_.tell.say("rejecting " + id + ": " + reason);
        const auto known = read_reject(work_, id);
        if (known && known->reason == reason) return;
        write_reject(work_, id, {reason, Rejector::source});
        fs::remove(work_.folder.at(stage::candidates, id));
    }

    const Work& work_;
    Source& source_;
    Standings standings_;
    std::set<std::string> taken_;
    Refreshed told_;
};

void approve_one(const Work& work, const Config& config, const std::string& id) {
    const fs::path folder = work.folder.at(stage::processed, id);
    const auto lock = lock_folder(folder);
    if (!lock) return;
    remove_unfinished(folder);
    const fs::path relative = folder / "index_rel.wtml";
    WtmlFolder index = read_wtml(read_file(relative), relative);
    make_absolute(index, config.publish_url_prefix, id);
    write_file_durably(folder / "index.wtml", write_wtml(index));
    work.folder.move(stage::processed, id, stage::approved);
}

void reject_one(const Work& work, const std::string& id, const std::string& reason) {
    for (const char* where : {stage::approved, stage::processed})
        if (work.folder.has(where, id)) work.folder.move(where, id, stage::rejects);
    work.folder.remove(stage::cache_todo, id);
    write_reject(work, id, {reason, Rejector::person});
}

// Wherever the image is by now.
std::vector<std::string> rejectable(const Work& work, const std::vector<std::string>& words) {
    std::set<std::string> found;
    for (const std::string& word : words) {
        std::optional<Error> missing;
        std::set<std::string> of_word;
        for (const char* where : {stage::processed, stage::approved, stage::cache_todo, stage::candidates})
            try {
                for (const std::string& id : work.folder.matching(where, {word}, "image"))
                    of_word.insert(id);
            } catch (const Error& error) {
                missing = error;
            }
        if (of_word.empty() && missing) throw Error(*missing);
        found.insert(of_word.begin(), of_word.end());
    }
    return {found.begin(), found.end()};
}

}  // namespace

Refreshed refresh(const Work& work, Source& source, bool all) { return Refresh(work, source).run(all); }

Tally approve(const Work& work, const Config& config, const std::vector<std::string>& words) {
    return each_image(work, work.folder.matching(stage::processed, words, "processed"), 1, [&](const std::string& id) {
        approve_one(work, config, id);
        return true;
    });
}

Tally reject(const Work& work, const std::vector<std::string>& words, const std::string& reason) {
    return each_image(work, rejectable(work, words), 1, [&](const std::string& id) {
        work.tell.say("rejecting " + id + ": " + reason);
        reject_one(work, id, reason);
        return true;
    });
}

std::size_t ignore_rejects(const Work& work) {
    std::vector<store::Upload> flags;
    for (const std::string& id : work.folder.ids(stage::rejects)) {
        work.tell.say("ignoring " + id + " ...");
        const auto kept = read_reject(work, id);
        const json::Object flag{{"reason", kept ? kept->reason : ""}};
        flags.push_back({id + "/skip.flag", {}, json::text(flag) + "\n", "text/plain; charset=utf-8", "no-cache"});
    }
    work.repository->publish(flags);
    return flags.size();
}

}  // namespace atelier::pipelines::sky
