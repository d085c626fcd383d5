#include "pipelines/sky/desk/allsky_command.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "pipelines/sky/pixels/thumbnail.h"
#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/pyramid/allsky.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr const char* index_name = "index_rel.wtml";
constexpr const char* thumbnail_name = "thumb.jpg";

// What is made of the sky, whichever way it was read.
struct Made {
    const SkySource& sky;
    Projection projection = Projection::sky;
    bool compatible = false;
    std::string thumbnail;  // JPEG; empty: there is none
};

void make_folder(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) throw Error::from_errno("cannot make the folder " + folder.string(), problem.value());
}

// On a terminal, and only when another percent is done.
std::function<void(std::uint64_t, std::uint64_t)> progress_on(cli::Output& output) {
    if (!output.terminal() || output.wants_json) return {};
    return [&output, shown = std::uint64_t{0}](std::uint64_t made, std::uint64_t of) mutable {
        const std::uint64_t percent = made * 100 / of;
        if (percent == shown) return;
        shown = percent;
        output.err() << fmt::format("\r{} %{}", percent, made == of ? "\n" : "") << std::flush;
    };
}

class Pyramid {
public:
    Pyramid(const AllskyRequest& request, const Made& made, cli::Output& output)
        : request_(request), made_(made), output_(output) {
        depth_ = request.depth.value_or(depth_for(made.sky.resolution()));
    }

    void make() {
        make_folder(request_.folder);
        tell_threads();
        // An index from before is gone first: who sees one, sees a whole pyramid.
        std::error_code ignored;
        fs::remove(request_.folder / index_name, ignored);
        TileFolder folder(request_.folder,
                          {.format = format(), .effort = request_.effort, .threads = request_.threads});
        if (request_.above) {
            cascade(folder, *request_.above, averaging());
            folder.finish();
        } else {
            tile(folder);
        }
        if (request_.branch.empty()) finish();
    }

private:
    bool leaves_alone() const { return request_.leaves_alone || made_.compatible; }
    Averaging averaging() const { return made_.compatible ? Averaging::compatible : Averaging::true_colour; }
    TileFormat format() const { return is_picture(made_.sky.mode()) ? TileFormat::png : TileFormat::fits; }

    // A line of the original, for those who compare.
    void tell_threads() const {
        const unsigned threads = request_.threads != 0 ? request_.threads : static_cast<unsigned>(usable_cores());
        if (made_.compatible && threads > 1)
            output_.say(fmt::format("info: parallelizing processing over {} CPUs", threads));
    }

    void tile(TileFolder& folder) {
        AllskyOptions options;
        options.depth = depth_;
        options.planet = is_planet(made_.projection);
        options.fast = request_.fast;
        options.leaves_alone = leaves_alone();
        options.averaging = averaging();
        options.threads = request_.threads;
        options.progress = progress_on(output_);
        if (!request_.branch.empty()) options.top = parse_branch(request_.branch);
        tile_allsky(made_.sky, options, folder);
        if (!request_.branch.empty() || made_.compatible) return;
        folder.remove_others();
        folder.finish();
    }

    void finish() {
        if (!made_.thumbnail.empty()) write_file_durably(request_.folder / thumbnail_name, made_.thumbnail);
        write_file_durably(request_.folder / index_name, write_wtml(index()));
        output_.say(fmt::format("Successfully tiled input \"{}\" at level {}.", request_.path.string(), depth_));
        if (!leaves_alone() || request_.above) return;
        output_.say("To create parent tiles, consider running:");
        output_.say("");
        output_.say(fmt::format("   {} cascade --start {} {}", made_.compatible ? "toasty" : "atelier sky", depth_,
                                request_.folder.string()));
    }

    WtmlFolder index() const {
        ImageSet image;
        image.name = !request_.name.empty() ? request_.name
                     : made_.compatible     ? "Toasty"
                                            : request_.path.stem().string();
        image.data_set_type = data_set_of(made_.projection);
        image.projection = "Toast";
        image.base_degrees_per_tile = 180;
        image.tile_levels = depth_;
        image.file_type = extension_of(format());
        image.url = tile_url(Scheme::folders, extension_of(format()));
        if (!made_.thumbnail.empty()) image.thumbnail_url = thumbnail_name;
        WtmlFolder folder;
        folder.name = image.name;
        folder.images.push_back(std::move(image));
        return folder;
    }

    const AllskyRequest& request_;
    const Made& made_;
    cli::Output& output_;
    int depth_ = 0;
};

void check(const AllskyRequest& request) {
    if (!request.branch.empty() && request.above)
        throw Error(Error::Kind::invalid,
                    "--branch makes a branch, --above what is above the branches: not both at once");
    if (!request.branch.empty() && !request.depth)
        throw Error(Error::Kind::invalid, "a branch can be made alone only when the depth is given",
                    "say the DEPTH behind the map");
}

}  // namespace

Tile parse_branch(const std::string& text) {
    const auto parts = split(text, '/');
    std::array<int, 3> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = parts.size() == numbers.size() ? parse_int(parts[i]) : std::nullopt;
        if (!number || *number < 0 || *number > 1 << deepest_allsky)
            throw Error(Error::Kind::invalid, "--branch: " + printable(text) + " is no tile",
                        "say LEVEL/X/Y, such as 2/1/3");
        numbers[i] = static_cast<int>(*number);
    }
    return {numbers[0], numbers[1], numbers[2]};
}

int tile_allsky_command(const MapRequest& request, cli::Output& output) {
    check(request);
    const auto projection = projection_of(request.projection);
    if (!projection)
        throw Error(Error::Kind::invalid, "--projection: " + request.projection + " isn't known",
                    "one of " + join(projection_names(), ", "));
    const auto rows = open_pixels(request.path, request.image.reading(output));
    std::optional<ThumbnailMaker> thumbnail;
    if (!request.placeholder_thumbnail && request.branch.empty())
        thumbnail.emplace(rows->width(), rows->height(), rows->mode());
    const auto sky = open_map(*rows, *projection, [&](const std::byte* row) {
        if (thumbnail) thumbnail->add(row);
    });
    const Made made{*sky, *projection, request.image.compatible,
                    thumbnail ? thumbnail->jpeg() : placeholder_thumbnail()};
    Pyramid(request, made, output).make();
    return cli::done;
}

int tile_healpix_command(const HealpixRequest& request, cli::Output& output) {
    check(request);
    const auto sky = open_healpix(request.path, {.galactic = request.galactic, .compatible = request.compatible});
    Pyramid(request, {*sky, Projection::sky, request.compatible, {}}, output).make();
    return cli::done;
}

}  // namespace atelier::pipelines::sky
