#include "pipelines/sky/desk/image_options.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {
namespace {

// One number for all sides, two for above-and-below and left-and-right, or four from the top with the clock.
Crop parse_crop(const std::string& text) {
    std::vector<int> sides;
    for (const std::string_view part : split(text, ',')) {
        const auto number = parse_int(trim(part));
        if (!number || *number < 0 || *number > std::numeric_limits<int>::max() / 4)
            throw Error(Error::Kind::invalid, "--crop: " + text + " isn't a list of pixels to cut off",
                        "say ALL, VERTICAL,HORIZONTAL or TOP,RIGHT,BOTTOM,LEFT");
        sides.push_back(static_cast<int>(*number));
    }
    switch (sides.size()) {
        case 1: return {sides[0], sides[0], sides[0], sides[0]};
        case 2: return {sides[0], sides[1], sides[0], sides[1]};
        case 4: return {sides[0], sides[1], sides[2], sides[3]};
        default:
            throw Error(Error::Kind::invalid, "--crop takes one, two or four numbers",
                        "say ALL, VERTICAL,HORIZONTAL or TOP,RIGHT,BOTTOM,LEFT");
    }
}

}  // namespace

void ImageOptions::add_to(CLI::App& command) {
    command.add_option("--crop", crop, "Pixels to cut off: ALL, or VERTICAL,HORIZONTAL, or TOP,RIGHT,BOTTOM,LEFT");
    command
        .add_option("--colorspace-processing", colours, "srgb: by the image's ICC profile to sRGB; none: as they are")
        ->check(CLI::IsMember({"srgb", "none"}))
        ->capture_default_str();
    command.add_flag("--black-to-transparent", black_to_transparent, "Pixels that are wholly black become transparent");
    command.add_flag("--compatible", compatible, "To the same pixels as toasty, also where it errs");
}

Reading ImageOptions::reading(cli::Output& output) const {
    Reading reading;
    if (!crop.empty()) reading.crop = parse_crop(crop);
    reading.black_to_transparent = black_to_transparent;
    reading.to_srgb = colours == "srgb";
    reading.compatible = compatible;
    reading.warn = [&output, like_the_original = compatible](std::string_view text) {
        const std::string line = "warning: " + std::string(text);
        like_the_original ? output.say(line) : output.warn(line);
    };
    return reading;
}

}  // namespace atelier::pipelines::sky
