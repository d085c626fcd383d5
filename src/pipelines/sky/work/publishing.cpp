#include "pipelines/sky/work/publishing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "base/text.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr const char* index_name = "index.wtml";
constexpr const char* for_tiles = "public, max-age=604800";  // a week: they change but when an image is made anew
constexpr const char* for_indexes = "public, max-age=60";

store::Upload upload_of(const std::string& id, const fs::path& folder, const std::string& name) {
    const bool is_index = name.ends_with(".wtml");
    return {id + "/" + name, folder / name, {}, store::content_type_of(name), is_index ? for_indexes : for_tiles};
}

// What of an image is in the repository already: a file beside the image's folder, a line an uploaded file. A file that
// was made anew since isn't the one that was uploaded.
class Journal {
public:
    Journal(fs::path file, fs::path folder) : file_(std::move(file)), folder_(std::move(folder)) {
        if (fs::exists(file_))
            for (const std::string_view line : split(read_file(file_), '\n'))
                lines_.emplace(line);
        open_ = open_file(file_, O_WRONLY | O_CREAT | O_APPEND);
    }

    bool has(const std::string& name) const { return lines_.count(line_of(name)) > 0; }
    void add(const std::string& name) { write_all(open_.get(), line_of(name) + "\n", file_); }
    void remove() { fs::remove(file_); }

private:
    std::string line_of(const std::string& name) const {
        struct stat info {};
        if (::stat((folder_ / name).c_str(), &info) != 0)
            throw Error::from_errno("cannot read " + (folder_ / name).string());
        return name + " " + std::to_string(info.st_size) + " " + std::to_string(info.st_ino) + " " +
               std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
    }

    fs::path file_, folder_;
    std::set<std::string> lines_;
    Fd open_;
};

class ImagePublish {
public:
    ImagePublish(const Work& work, const std::string& id)
        : work_(work), id_(id), folder_(work.folder.at(work.way.ready(), id)) {}

    bool run() {
        const auto lock = lock_folder(folder_);
        if (!lock) return false;
        work_.tell.say("publishing " + (work_.way.is_reviewed ? id_ : fs::proximate(folder_).string()) + " ...");
        find_files();
        Journal journal(work_.folder.journal(work_.way.ready(), id_), folder_);
        upload(journal);
        work_.repository->publish({{upload_of(id_, folder_, index_name)}});
        remove_stale();
        work_.folder.move(work_.way.ready(), id_, work_.way.sent());
        journal.remove();
        work_.folder.remove_if_empty(work_.way.ready());
        return true;
    }

private:
    // Without index.wtml an image isn't whole, and never counts as published.
    void find_files() {
        bool has_index = false;
        for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
            if (!entry.is_regular_file()) continue;
            const std::string name = entry.path().lexically_relative(folder_).generic_string();
            if (name == index_name)
                has_index = true;
            else
                names_.insert(name);
        }
        if (!has_index)
            throw Error(Error::Kind::conflict, "it has no index.wtml: it isn't whole",
                        "remove " + folder_.string() + " and process the image again");
    }

    void upload(Journal& journal) const {
        std::vector<store::Upload> uploads;
        for (const std::string& name : names_)
            if (!journal.has(name)) uploads.push_back(upload_of(id_, folder_, name));
        std::size_t sent = 0;
        work_.repository->publish(uploads, [&](const store::Upload& upload) {
            journal.add(upload.name.substr(id_.size() + 1));
            work_.tell.progress(++sent, uploads.size());
        });
    }

    void remove_stale() const {
        std::vector<std::string> stale;
        work_.repository->list(id_ + "/", [&](const store::PublishedFile& file) {
            const std::string name = file.name.substr(id_.size() + 1);
            if (name != index_name && !names_.count(name)) stale.push_back(file.name);
        });
        for (const std::string& name : stale)
            work_.repository->remove(name);
    }

    const Work& work_;
    const std::string& id_;
    const fs::path folder_;
    std::set<std::string> names_;  // but for index.wtml
};

}  // namespace

std::vector<std::string> images_to_publish(const Work& work) { return work.folder.ids(work.way.ready()); }

bool publish_image(const Work& work, const std::string& id) { return ImagePublish(work, id).run(); }

Tally publish_images(const Work& work, const std::vector<std::string>& ids) {
    Work inner = work;
    inner.tell.progress = [](std::size_t, std::size_t) {};
    return each_image(work, ids, 1, [&](const std::string& id) { return publish_image(inner, id); });
}

}  // namespace atelier::pipelines::sky
