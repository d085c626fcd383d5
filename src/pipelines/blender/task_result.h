// What a finished task gives away: its film, or its frames as one zip, of which a request may want a range.
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "farm/farm.h"
#include "http/message.h"
#include "pipelines/blender/render_task.h"

namespace atelier::pipelines::blender {

class TaskResults {
public:
    explicit TaskResults(farm::Farm& farm) : farm_(farm) {}

    http::Response film(const http::Request& request, const RenderTask& task);
    http::Response frames(const http::Request& request, const RenderTask& task, const RenderTaskRecord& record);

private:
    std::uint64_t size_of_zip(const std::string& tag, const std::string& job, const std::string& pattern);

    farm::Farm& farm_;
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> sizes_;  // by tag: a size is computed as long as the frames are
};

}  // namespace atelier::pipelines::blender
