#include "pipelines/sky/desk/check_avm_command.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "pipelines/sky/pixels/pixels.h"
#include "pipelines/sky/place/avm.h"
#include "pipelines/sky/place/outline.h"
#include "pipelines/sky/place/position.h"

namespace atelier::pipelines::sky {

namespace {

constexpr double aspects_differ = 0.005;

// The original's lines, word for word.
class CompatibleCheck {
public:
    CompatibleCheck(const CheckAvmRequest& request, cli::Output& output) : request_(request), output_(output) {}

    int run() {
        const auto xmp = find_xmp(request_.path);
        if (!xmp) {
            say("no AVM tags");
            return status(true);
        }
        Avm avm;
        try {
            avm = parse_avm(*xmp);
        } catch (const Error& error) {
            say(fmt::format("AVM data are present but malformed: {} (ParseError)", error.what()));
            return cli::failed;
        }
        if (!avm.problems.empty()) {
            say("AVM data are present but malformed: " + avm.problems.front().original);
            return cli::failed;
        }
        say(std::string("AVM tags are present") + (request_.print ? "" : " (use `--print` to display them)"));
        const bool bad = tell_position(avm);
        if (request_.print) {
            output_.say("");
            output_.say(avm_text(avm, true));
        }
        return status(bad);
    }

private:
    void say(const std::string& line) { output_.say(request_.path.string() + ": " + line); }
    int status(bool bad) const { return bad && request_.exitcode ? cli::failed : cli::done; }

    bool tell_position(const Avm& avm) {
        if (!has_position(avm)) {
            say("however, no spatial information");
            return true;
        }
        if (avm.reference_dimension.empty()) {
            say("including spatial information, but no reference dimension");
            return false;
        }
        const PixelSize size = size_of(request_.path);
        const double width = std::trunc(avm.reference_dimension[0]), height = std::trunc(avm.reference_dimension[1]);
        if (width == size.width && height == size.height) {
            say("including spatial information for this image's dimensions");
            return false;
        }
        say("including spatial information at a different scale");
        say(fmt::format("AVM is for {} x {}, image is {} x {}", width, height, size.width, size.height));
        const double own = double{1} * size.width / size.height, told = width / height;
        const bool differ = std::abs(own - told) / (own + told) >= aspects_differ;
        if (differ) say("WARNING: these aspect ratios are not compatible");
        return differ;
    }

    const CheckAvmRequest& request_;
    cli::Output& output_;
};

json::Value to_json(const SkyPoint& point) { return json::Array{point.ra, point.dec}; }

json::Value to_json(const Outline& outline) {
    json::Array corners;
    for (const SkyPoint& corner : outline.corners)
        corners.push_back(to_json(corner));
    return json::Object{{"centre", to_json(outline.centre)},
                        {"corners", std::move(corners)},
                        {"degrees_a_pixel", outline.scale},
                        {"degrees", json::Array{outline.width, outline.height}},
                        {"north", outline.north},
                        {"mirrored", outline.mirrored},
                        {"constellation", outline.constellation}};
}

// What can be known, all of it, and what it means.
class Check {
public:
    Check(const CheckAvmRequest& request, cli::Output& output) : request_(request), output_(output) {}

    int run() {
        result_["image"] = request_.path.string();
        const auto avm = read_avm(request_.path);
        result_["avm"] = avm.has_value();
        if (!avm) {
            say("it has no AVM: nothing in it tells where it lies on the sky.");
            say("To place it: solve it (astrometry.net), and give the FITS header with --fits-wcs; or write AVM into "
                "it.");
            output_.json(result_);
            return request_.exitcode ? cli::failed : cli::done;
        }
        tell_problems(*avm);
        const bool placed = tell_position(*avm);
        if (request_.print) tell_tags(*avm);
        output_.json(result_);
        return !avm->problems.empty() || (!placed && request_.exitcode) ? cli::failed : cli::done;
    }

private:
    void say(const std::string& line) { output_.say(request_.path.string() + ": " + line); }

    void tell_problems(const Avm& avm) {
        json::Array problems;
        for (const AvmProblem& problem : avm.problems) {
            const bool spatial = problem.tag.starts_with("Spatial.");
            say(fmt::format("{}: {}. {}", problem.tag, problem.what,
                            spatial ? "It counts as missing, and the image can't be placed."
                                    : "It counts as missing; the position isn't touched by it."));
            problems.push_back(json::Object{{"tag", problem.tag}, {"what", problem.what}});
        }
        result_["problems"] = std::move(problems);
    }

    bool tell_position(const Avm& avm) {
        const PixelSize size = size_of(request_.path);
        try {
            const Wcs wcs = wcs_of(avm, size.width, size.height);
            Place place;
            position(wcs, size.width, size.height, 1, place);
            tell_size(avm, size);
            tell_reference(avm);
            const Outline outline = outline_of(wcs, size.width, size.height);
            for (const std::string& line : outline_lines(outline))
                output_.say("  " + line);
            result_["position"] = to_json(outline);
            return true;
        } catch (const Error& error) {
            say(fmt::format("it can't be placed: {}.", error.what()));
            if (!error.hint().empty()) say(error.hint());
            result_["reason"] = error.what();
            return false;
        }
    }

    void tell_size(const Avm& avm, PixelSize size) {
        const double width = avm.reference_dimension[0], height = avm.reference_dimension[1];
        if (width == size.width && height == size.height)
            say("it tells where it lies on the sky, for exactly its pixels.");
        else
            say(
                fmt::format("it tells where it lies on the sky, for an image of {} x {} pixels; it has {} x {}, of the "
                            "same shape, and the position is scaled.",
                            width, height, size.width, size.height));
    }

    void tell_reference(const Avm& avm) {
        const auto outside = [&](std::size_t axis) {
            return avm.reference_pixel[axis] < 0 || avm.reference_pixel[axis] > avm.reference_dimension[axis] + 1;
        };
        if (outside(0) || outside(1))
            say(
                fmt::format("the reference pixel, {}, {}, lies outside the image: unless it was cut from a larger one, "
                            "it will lie in the wrong place.",
                            avm.reference_pixel[0], avm.reference_pixel[1]));
    }

    void tell_tags(const Avm& avm) {
        output_.say("");
        output_.say(trim(avm_text(avm, false)));
        json::Object tags;
        for (const auto& [name, values] : avm.tags)
            tags[name] = json::Array(values.begin(), values.end());
        result_["tags"] = std::move(tags);
    }

    const CheckAvmRequest& request_;
    cli::Output& output_;
    json::Object result_;
};

}  // namespace

int check_avm_command(const CheckAvmRequest& request, cli::Output& output) {
    if (request.compatible) return CompatibleCheck(request, output).run();
    return Check(request, output).run();
}

}  // namespace atelier::pipelines::sky
