#include "pipelines/sky/work/processing.h"

#include <algorithm>

#include "pipelines/sky/pixels/encode_png.h"
#include "pipelines/sky/pixels/jpeg.h"
#include "pipelines/sky/pixels/thumbnail.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/pyramid/study.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr int largest_untiled = 2048;  // pixels of a side; such images are shown as they are
constexpr int jpeg_quality = 92;
constexpr const char* thumbnail_name = "thumb.jpg";

class ImageProcess {
public:
    ImageProcess(const Work& work, const Source& source, const Config& config, const Processing& how,
                 const std::string& id)
        : work_(work), source_(source), config_(config), how_(how), id_(id) {}

    bool run() {
        const fs::path cached = work_.folder.at(stage::cache_todo, id_);
        const auto lock = lock_folder(cached);
        if (!lock) return false;
        remove_unfinished(cached);
        const auto image = find_image(cached);
        if (!image) throw Error(Error::Kind::not_found, "its image isn't there yet", "`fetch` goes on with it");
        item_ = kept_item(work_, source_, id_);
        folder_ = work_.folder.making(work_.way.made(), id_);
        try {
            make(*image);
        } catch (...) {
            std::error_code ignored;
            fs::remove_all(folder_, ignored);
            work_.folder.remove_if_empty(work_.way.made());
            throw;
        }
        work_.folder.replace(folder_, work_.way.made(), id_);
        work_.folder.move(stage::cache_todo, id_, stage::cache_done);
        work_.folder.remove_if_empty(stage::cache_todo);
        return true;
    }

private:
    void make(const fs::path& image) {
        Reading reading;
        reading.compatible = how_.compatible;
        reading.warn = [&](std::string_view line) { work_.tell.say(id_ + ": " + std::string(line)); };
        const auto rows = open_pixels(image, reading);
        const Wcs wcs = source_.position(item_, image, {rows->width(), rows->height()});
        StudyLayout layout = study_layout(rows->width(), rows->height());
        if (!is_tiled(*rows, layout)) layout.levels = 0;
        describe(image);
        position(wcs, rows->width(), rows->height(), layout.levels, place_);
        write_durable(thumbnail_name, layout.levels > 0 ? tile(*rows, layout) : keep_whole(*rows));
        write_index("index_rel.wtml", false);
        if (!work_.way.is_reviewed) write_index("index.wtml", true);
        sync_folder(folder_);
    }

    bool is_tiled(const PixelRows& rows, const StudyLayout& layout) const {
        if (layout.levels == 0) {
            if (!is_picture(rows.mode()))
                throw Error(Error::Kind::invalid, "FITS images of at most 256 pixels a side can't be shown",
                            "make a picture of it");
            return false;
        }
        if (work_.way.is_reviewed || !is_picture(rows.mode())) return true;
        return std::max(rows.width(), rows.height()) > largest_untiled;
    }

    void describe(const fs::path& image) {
        const Caption caption = source_.caption(item_, image);
        place_.name = place_.image.name = caption.title;
        place_.image.description = caption.description;
        place_.description = caption.place_description;
        place_.image.credits = caption.credits;
        place_.image.credits_url = caption.credits_url;
        place_.annotation = caption.annotation;
        place_.last_updated = caption.last_updated;
        place_.thumbnail = place_.image.thumbnail_url = thumbnail_name;
    }

    // The thumbnail's bytes come back.
    std::string tile(PixelRows& rows, const StudyLayout& layout) {
        const TileFormat format = is_picture(rows.mode()) ? TileFormat::png : TileFormat::fits;
        place_.image.file_type = extension_of(format);
        place_.image.url = tile_url(Scheme::flat, extension_of(format));
        TileFolder tiles(folder_, {Scheme::flat, format, how_.effort, how_.threads});
        StudyOptions options;
        options.averaging = how_.compatible ? Averaging::compatible : Averaging::true_colour;
        if (!is_picture(rows.mode())) {
            tile_study(rows, layout, options, tiles);
            tiles.finish();
            return placeholder_thumbnail();
        }
        ThumbnailMaker thumbnail(rows.width(), rows.height(), rows.mode());
        tile_study(rows, layout, options, tiles, [&](const std::byte* row) { thumbnail.add(row); });
        tiles.finish();
        return thumbnail.jpeg();
    }

    std::string keep_whole(PixelRows& rows) {
        ThumbnailMaker thumbnail(rows.width(), rows.height(), rows.mode());
        std::vector<std::byte> pixels(rows.row_bytes() * static_cast<std::size_t>(rows.height()));
        for (int y = 0; y < rows.height(); ++y) {
            std::byte* row = pixels.data() + static_cast<std::size_t>(y) * rows.row_bytes();
            rows.read(row);
            thumbnail.add(row);
        }
        const bool is_opaque = rows.mode() == Mode::rgb;  // JPEG has no transparency
        place_.image.file_type = is_opaque ? ".jpg" : ".png";
        place_.image.url = "image" + place_.image.file_type;
        write_durable(place_.image.url, is_opaque
                                            ? encode_jpeg(pixels.data(), rows.width(), rows.height(), jpeg_quality)
                                            : encode_png(pixels.data(), rows.width(), rows.height(), rows.mode()));
        return thumbnail.jpeg();
    }

    void write_index(const char* name, bool is_absolute) const {
        WtmlFolder folder;
        folder.name = work_.way.is_reviewed ? place_.name : id_;
        folder.places.push_back(place_);
        if (is_absolute) make_absolute(folder, config_.publish_url_prefix, id_);
        write_durable(name, write_wtml(folder));
    }

    void write_durable(const std::string& name, const std::string& bytes) const {
        write_file_durably(folder_ / name, bytes);
    }

    const Work& work_;
    const Source& source_;
    const Config& config_;
    const Processing& how_;
    const std::string& id_;
    json::Value item_;
    fs::path folder_;
    Place place_;
};

}  // namespace

std::vector<std::string> images_to_process(const Work& work) {
    std::vector<std::string> ids = work.folder.ids(stage::cache_todo);
    std::erase_if(ids, [&](const std::string& id) { return !find_image(work.folder.at(stage::cache_todo, id)); });
    return ids;
}

bool process_image(const Work& work, const Source& source, const Config& config, const Processing& how,
                   const std::string& id) {
    return ImageProcess(work, source, config, how, id).run();
}

Tally process_images(const Work& work, const Source& source, const Config& config, const Processing& how,
                     const std::vector<std::string>& ids) {
    return each_image(work, ids, 1, [&](const std::string& id) {
        if (!work.way.is_reviewed) work.tell.say("processing " + id + " ...");
        const bool done = process_image(work, source, config, how, id);
        if (work.way.is_reviewed && done) work.tell.say("processing " + id + " ... done");
        return done;
    });
}

}  // namespace atelier::pipelines::sky
