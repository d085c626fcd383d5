// The Open Job Description template of a render: an environment that keeps Blender open, a step whose tasks are frames
// (or parts of a still, which another step joins), a step that makes the film and one that looks at the frames.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/json.h"
#include "media/film_wish.h"
#include "pipelines/blender/render_job.h"

namespace atelier::pipelines::blender {

struct RenderTemplate {
    std::string name;
    media::FramePattern pattern = media::FramePattern::parse("frame_####.png");
    media::FrameNumbers wanted;  // of the film
    media::FrameNumbers frames;  // that are rendered, in their order
    media::FrameOrder order = media::FrameOrder::forward;
    json::Object settings;  // for server.py
    int chunk = 0;          // 0: a Blender stays open for the session; else each task has its own
    std::optional<Grid> tiles;
    Size size;
    int slices = 0;
    bool keeps_earlier = false;  // frames that lie in the output folder already count
    bool looks = true;
    bool trust = false;
    int hang_seconds = 300;
    std::string program = "blender";
    std::optional<media::FilmWish> film;
};

// Without frames it only makes the film and looks at what is there.
json::Value render_template(const RenderTemplate& parts);

}  // namespace atelier::pipelines::blender
