#include "media/part_layout.h"

#include <algorithm>

#include "base/error.h"
#include "media/picture_head.h"

namespace atelier::media {
namespace {

constexpr std::size_t most_parts = 4096;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Error::Kind::invalid, "the parts don't make one picture: " + why);
}

PlacedPart place(const PicturePart& part, const PictureInfo& info, std::size_t number) {
    const Area from = part.take.value_or(Area{0, 0, info.width, info.height});
    const bool inside = from.x >= 0 && from.y >= 0 && from.width > 0 && from.height > 0 &&
                        from.x <= info.width - from.width && from.y <= info.height - from.height;
    if (!inside) refuse("what is to be taken of " + part.path.string() + " is not in it");
    if (part.x < 0 || part.y < 0 || part.x > max_picture_side || part.y > max_picture_side)
        refuse(part.path.string() + " has no place in the whole");
    return {number, from, part.x, part.y};
}

bool overlap(const PlacedPart& a, const PlacedPart& b) {
    return a.x < b.x + b.from.width && b.x < a.x + a.from.width && a.y < b.y + b.from.height &&
           b.y < a.y + a.from.height;
}

// Without overlaps they fill the whole exactly when their areas add up.
void check_filled(const PartLayout& layout, const std::vector<PicturePart>& parts) {
    std::uint64_t area = 0;
    for (std::size_t i = 0; i < layout.placed.size(); ++i) {
        const PlacedPart& part = layout.placed[i];
        area += static_cast<std::uint64_t>(part.from.width) * static_cast<std::uint64_t>(part.from.height);
        for (std::size_t k = i + 1; k < layout.placed.size(); ++k)
            if (overlap(part, layout.placed[k]))
                refuse(parts[part.part].path.string() + " and " + parts[layout.placed[k].part].path.string() +
                       " overlap");
    }
    if (area != static_cast<std::uint64_t>(layout.width) * static_cast<std::uint64_t>(layout.height))
        refuse("there is a hole between them");
}

}  // namespace

PartLayout lay_out_parts(const std::vector<PicturePart>& parts, const std::vector<PictureInfo>& infos) {
    if (parts.empty()) refuse("there are none");
    if (parts.size() > most_parts) refuse("there are more than " + std::to_string(most_parts));
    PartLayout layout;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (infos[i].kind != infos[0].kind || infos[i].channels != infos[0].channels ||
            infos[i].depth != infos[0].depth)
            refuse(parts[i].path.string() + " is of another kind than " + parts[0].path.string());
        layout.placed.push_back(place(parts[i], infos[i], i));
        const PlacedPart& placed = layout.placed.back();
        layout.width = std::max(layout.width, placed.x + placed.from.width);
        layout.height = std::max(layout.height, placed.y + placed.from.height);
    }
    try {
        check_picture_size(layout.width, layout.height);
    } catch (const PictureProblem& problem) {
        refuse(problem.text);
    }
    std::sort(layout.placed.begin(), layout.placed.end(),
              [](const PlacedPart& a, const PlacedPart& b) { return a.y != b.y ? a.y < b.y : a.x < b.x; });
    check_filled(layout, parts);
    return layout;
}

}  // namespace atelier::media
