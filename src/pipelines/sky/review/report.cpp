#include "pipelines/sky/review/report.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "http/message.h"
#include "pipelines/sky/place/position.h"
#include "pipelines/sky/place/sexagesimal.h"
#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/review/picture.h"
#include "pipelines/sky/review/placement.h"
#include "pipelines/sky/review/remarks.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

json::Object report_of(const SkyPoint& point) {
    return {{"ra", point.ra}, {"dec", point.dec}, {"ra_text", ra_text(point.ra)}, {"dec_text", dec_text(point.dec)}};
}

json::Object report_of(const Placement& placement) {
    json::Array corners;
    for (const SkyPoint& corner : placement.corners)
        corners.push_back(report_of(corner));
    return {{"corners", std::move(corners)},    {"centre", report_of(placement.centre)},
            {"scale", placement.scale * 3600},  {"scale_text", angle_text(placement.scale)},
            {"width", placement.width},         {"width_text", angle_text(placement.width)},
            {"height", placement.height},       {"height_text", angle_text(placement.height)},
            {"north", placement.north},         {"east", placement.east},
            {"bottom_up", placement.bottom_up}, {"reference", {placement.reference_x, placement.reference_y}}};
}

json::Object report_of(const Picture& picture) {
    return {{"url", picture.url},     {"tiled", picture.is_tiled}, {"levels", picture.levels},
            {"width", picture.width}, {"height", picture.height},  {"guess", picture.is_guess},
            {"tiles", picture.tiles}, {"missing", picture.missing}};
}

json::Object report_of(const Place& place) {
    return {{"title", place.name},
            {"description", place.image.description.empty() ? place.description : place.image.description},
            {"credits", place.image.credits},
            {"credits_url", place.image.credits_url},
            {"last_updated", place.last_updated},
            {"constellation", place.constellation},
            {"projection", place.image.projection},
            {"data_set", place.image.data_set_type},
            {"rotation", place.image.rotation},
            {"view", {{"ra", place.ra * 15}, {"dec", place.dec}, {"zoom", place.zoom_level}}}};
}

// The one place that is looked at; an image without a place (an all-sky map) is given one.
Place place_of(const WtmlFolder& folder) {
    if (!folder.places.empty()) return folder.places.front();
    if (folder.images.empty())
        throw Error(Error::Kind::invalid, std::string(relative_wtml) + " has no image in it.", "Process it again.");
    Place place;
    place.name = folder.images.front().name;
    place.data_set_type = folder.images.front().data_set_type;
    place.image = folder.images.front();
    return place;
}

json::Array report_of(const std::vector<Remark>& remarks) {
    json::Array list;
    for (const Remark& remark : remarks)
        list.push_back(json::Object{{"grade", to_string(remark.grade)}, {"text", remark.text}, {"hint", remark.hint}});
    return list;
}

void add_place(json::Object& report, const Place& place, const fs::path& folder, const fs::path& work_folder,
               const std::string& id) {
    for (auto& entry : report_of(place))
        report.insert_or_assign(entry.key(), entry.value());
    const Picture picture = look_at(folder, work_folder, id, place);
    const auto placement = placement_of(place.image, picture.width, picture.height);
    report["picture"] = report_of(picture);
    if (placement) {
        report["sky"] = report_of(*placement);
        report["constellation_here"] = constellation_of(placement->centre.ra / 15, placement->centre.dec);
    }
    report["remarks"] = report_of(remarks_on(id, place, picture, placement));
}

}  // namespace

json::Value list_report(Awaiting& awaiting) {
    json::Array images;
    for (const WaitingImage& image : awaiting.list())
        images.push_back(json::Object{{"shelf", to_string(image.shelf)},
                                      {"id", image.id},
                                      {"title", printable(image.title)},
                                      {"problem", image.problem},
                                      {"changed", std::to_string(image.changed)},
                                      {"thumbnail", image.has_thumbnail}});
    return json::Object{{"work_folder", printable(awaiting.work_folder().string())}, {"images", std::move(images)}};
}

json::Value image_report(const Awaiting& awaiting, Shelf shelf, const std::string& id) {
    const fs::path folder = awaiting.folder_of(shelf, id);
    json::Object report{{"shelf", to_string(shelf)}, {"id", id}, {"title", id}};
    try {
        const std::string text = read_file(folder / relative_wtml, longest_wtml);
        report["wtml"] = printable(text);
        add_place(report, place_of(read_wtml(text, relative_wtml)), folder, awaiting.work_folder(), id);
    } catch (const Error& error) {
        report["problem"] = json::Object{{"text", error.what()}, {"hint", error.hint()}, {"where", error.where()}};
    }
    return report;
}

std::string placed_wtml(const Awaiting& awaiting, Shelf shelf, const std::string& id, const std::string& base) {
    const fs::path folder = awaiting.folder_of(shelf, id);
    WtmlFolder wtml = read_wtml(read_file(folder / relative_wtml, longest_wtml), relative_wtml);
    const Place place = place_of(wtml);
    wtml.places = {place};
    wtml.images.clear();
    make_absolute(wtml, base, http::encode(id));
    return write_wtml(wtml);
}

}  // namespace atelier::pipelines::sky
