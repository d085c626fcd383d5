// What a finished task gives away: its film, or its frames as one zip, of which a request may want a range.
// Thread-safe.
#pragma once

#include "api/output_file.h"
#include "farm/farm.h"
#include "http/message.h"
#include "pipelines/blender/render_task.h"

namespace atelier::pipelines::blender {

class TaskResults {
public:
    explicit TaskResults(farm::Farm& farm) : farm_(farm), zips_(farm) {}

    http::Response film(const http::Request& request, const RenderTask& task);
    http::Response frames(const http::Request& request, const RenderTask& task, const RenderTaskRecord& record);

private:
    farm::Farm& farm_;
    api::OutputZips zips_;
};

}  // namespace atelier::pipelines::blender
