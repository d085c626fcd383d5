// A local folder: each picture or FITS image below it. A FITS file that has a picture's name is that picture's header.
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/time.h"
#include "pipelines/sky/feed/file_item.h"
#include "pipelines/sky/feed/item.h"
#include "pipelines/sky/feed/sources.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

std::string id_of(const fs::path& relative, const std::string& prefix) {
    return as_id(prefix + fs::path(relative).replace_extension().generic_string());
}

std::string modified(const fs::path& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return {};
    return last_updated_text(format_utc(Micros{info.st_mtim.tv_sec} * 1'000'000));
}

class Folder final : public Source {
public:
    explicit Folder(const Config& config)
        : root_(fs::absolute(setting(config, "path")).lexically_normal()), prefix_(setting(config, "prefix")) {}

    void list(const Seen&, const std::function<void(Candidate)>& each) override {
        std::map<std::string, fs::path> by_id;
        for (const fs::path& file : files()) {
            Candidate candidate = candidate_of(file);
            const auto [first, is_new] = by_id.emplace(candidate.id, file);
            if (!is_new) {
                candidate.id = as_id(candidate.id + "_" + image_extension(file.string()));
                if (!by_id.emplace(candidate.id, file).second)
                    candidate.rejected = "its name leads to the same id as that of " + first->second.string();
            }
            each(std::move(candidate));
        }
    }

    void complete(Candidate& candidate) override {
        candidate.image_url = text_at(candidate.item, "path");
        candidate.image_bytes = bytes_at(candidate.item, "bytes");
    }

    std::string item_file() const override { return "file.json"; }

    Caption caption(const json::Value& item, const fs::path& image) const override {
        Caption caption = caption_of_file(image, fs::path(text_at(item, "path")).stem().string());
        caption.last_updated = text_at(item, "last_updated");
        return caption;
    }

    Wcs position(const json::Value& item, const fs::path& image, PixelSize size) const override {
        return position_of_file(image, size, wcs_of_item(item, "wcs"));
    }

private:
    std::vector<fs::path> files() const {
        std::vector<fs::path> found;
        std::error_code problem;
        fs::recursive_directory_iterator entry(root_, problem), end;
        for (; !problem && entry != end; entry.increment(problem)) {
            const bool is_hidden = entry->path().filename().string().starts_with('.');
            if (is_hidden && entry->is_directory()) entry.disable_recursion_pending();
            if (!is_hidden && entry->is_regular_file() && is_image_file(entry->path())) found.push_back(entry->path());
        }
        if (problem) throw Error::from_errno("cannot list the images in " + root_.string(), problem.value());
        std::erase_if(found, [&](const fs::path& file) { return has_fits_name(file) && has_picture(file); });
        std::sort(found.begin(), found.end());
        return found;
    }

    static bool has_picture(const fs::path& fits) {
        for (const auto& entry : fs::directory_iterator(fits.parent_path()))
            if (entry.path().stem() == fits.stem() && !has_fits_name(entry.path()) && is_image_file(entry.path()))
                return true;
        return false;
    }

    Candidate candidate_of(const fs::path& file) const {
        Candidate candidate;
        candidate.id = id_of(file.lexically_relative(root_), prefix_);
        json::Object item{{"path", file.string()}, {"bytes", fs::file_size(file)}, {"last_updated", modified(file)}};
        try {
            if (const auto header = header_beside(file); header && !has_fits_name(file))
                item["wcs"] = to_item(read_header_of(*header));
        } catch (const Error& error) {
            candidate.rejected = error.what();
        }
        candidate.item = std::move(item);
        candidate.image_url = file.string();
        return candidate;
    }

    fs::path root_;
    std::string prefix_;
};

}  // namespace

std::unique_ptr<Source> open_folder(const Config& config) { return std::make_unique<Folder>(config); }

}  // namespace atelier::pipelines::sky
