// Every outside file that a render of a .blend needs: pictures, films, sounds, fonts, caches, the .blend files that it
// links and what those need in turn. What is packed into the file is left out. Found without Blender.
#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/blender/blend_file.h"

namespace atelier::pipelines::blender {

enum class DependencyKind {
    image,
    movie_clip,
    sound,
    font,
    library,
    volume,
    geometry_cache,  // Alembic, USD
    mesh_cache,      // PC2, MDD
    point_cache,     // particles, cloth, soft and rigid bodies, smoke before 2.82
    fluid_cache,
    simulation_cache,  // baked geometry nodes
    displacement,      // multires details beside the file
    strip,             // of the sequencer
    text,
    script,       // a shader's source in a file
    light_shape,  // IES
    import        // what geometry nodes load
};

struct Dependency {
    std::string blend;  // the .blend that names it: the one asked for, or one that it links
    std::string block;  // the data-block's name with its two letters: "IMbricks.jpg"
    DependencyKind kind = DependencyKind::image;
    std::string asset;                       // the path as it is written in the file
    std::string resolved;                    // absolute, with the pattern of a sequence in it
    bool sequence = false;                   // stands for several files: frames, tiles, a folder
    std::vector<std::string> files;          // those that exist, absolute, in order
    std::vector<std::string> missing_files;  // those that are known to be needed and don't exist, absolute
    bool missing = false;                    // no file at all, or some are known to be missing
    bool optional = false;                   // Blender renders the same without it (a text that is in the file too)
    std::optional<std::string> problem;      // it exists but can't be read: a linked .blend that is damaged
};

struct DependencyLimits {
    ReadLimits read;
    std::size_t most_blend_files = 10000;    // linked, together
    std::size_t most_dependencies = 500000;  // of all files together
    std::size_t most_files = 500000;         // that sequences and folders stand for, together
    std::size_t most_text = 256u << 20;      // bytes of all their names and paths
    std::filesystem::path only_below;  // for the files of strangers: what lies elsewhere isn't looked at, and missing
};

// In the order of the files: first what the file names itself, then what its libraries name. A file that links itself,
// or libraries in a circle, are read once each. Throws as BlendFile for the file itself; a linked one that can't be
// read is told by its `problem`.
std::vector<Dependency> find_dependencies(const std::filesystem::path& blend, const DependencyLimits& limits = {});

// A path as Blender resolves it: "//" is the folder of the .blend that names it, "\" is "/".
std::filesystem::path resolve_path(const std::filesystem::path& blend, std::string_view asset);

BOOST_DESCRIBE_ENUM(DependencyKind, image, movie_clip, sound, font, library, volume, geometry_cache, mesh_cache,
                    point_cache, fluid_cache, simulation_cache, displacement, strip, text, script, light_shape, import)
BOOST_DESCRIBE_STRUCT(Dependency, (),
                      (blend, block, kind, asset, resolved, sequence, files, missing_files, missing, optional, problem))

}  // namespace atelier::pipelines::blender
