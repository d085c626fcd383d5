#include "pipelines/blender/task_result.h"

#include "api/blob_source.h"
#include "farm/queries.h"
#include "media/frames.h"
#include "media/job_folder.h"

namespace atelier::pipelines::blender {

namespace {

constexpr const char* output_parameter = "Output";
constexpr const char* type = "application/octet-stream";

}  // namespace

http::Response TaskResults::film(const http::Request& request, const RenderTask& task) {
    wire::Output output;
    farm_.read([&](db::Connection& connection) {
        output = farm::artifact_at(connection, task.TaskID, output_parameter, task.film).output;
    });
    const Fd file = api::open_blob(farm_.blobs(), {Digest::from_hex(output.digest), output.size});
    const std::string ending = task.film.substr(task.film.rfind('.'));
    return api::to_be_saved(http::file_response(request, file.get(), output.size, type, output.digest),
                            task.TaskID + ending);
}

// Its frames, by their names alone, and nothing else of what a task makes.
http::Response TaskResults::frames(const http::Request& request, const RenderTask& task,
                                   const RenderTaskRecord& record) {
    const auto name = [frames = media::FramePattern::parse(record.pattern)](const wire::Output& output) {
        const std::filesystem::path path = output.path;
        const std::string file = path.filename();
        const bool is_frame = output.parameter == output_parameter && !output.is_link &&
                              path == media::JobFolder{}.frames() / file && frames.number_of(file);
        return is_frame ? file : std::string();
    };
    return zips_.zip(request, task.TaskID, name, type);
}

}  // namespace atelier::pipelines::blender
