// The outside files that one .blend names itself, as they are written in it: which block names what, and whether that
// is one file or several. Nothing is looked up here; dependencies.cpp does that.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipelines/blender/blend_file.h"
#include "pipelines/blender/dependencies.h"

namespace atelier::pipelines::blender {

// What a path stands for.
enum class Shape {
    file,
    numbered,  // all files that differ from it in the number before the extension
    tiles,     // <UDIM> or <UVTILE> for each of `parts`, numbers from 1001 on
    listed,    // the files `parts` of its folder
    folder,    // all that is below it
    cache      // all files whose names begin with its name, a line and a frame's number, and end as `parts` say
};

struct NamedFile {
    std::string block = {};
    DependencyKind kind = DependencyKind::image;
    std::string asset = {};
    Shape shape = Shape::file;
    std::vector<std::string> parts = {};
    bool optional = false;
    bool only_if_there = false;  // nothing is missing when there is nothing: it was never baked
};

void each_named_file(BlendFile& file, const std::function<void(NamedFile)>& each);

}  // namespace atelier::pipelines::blender
