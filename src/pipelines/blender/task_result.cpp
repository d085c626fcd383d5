#include "pipelines/blender/task_result.h"

#include <algorithm>
#include <memory>

#include "api/blob_source.h"
#include "api/outputs_in_order.h"
#include "archive/pack.h"
#include "base/error.h"
#include "base/hash.h"
#include "farm/queries.h"
#include "http/ranged_response.h"
#include "media/frames.h"
#include "media/job_folder.h"

namespace atelier::pipelines::blender {

namespace {

constexpr const char* output_parameter = "Output";
constexpr const char* type = "application/octet-stream";
constexpr std::size_t most_sizes = 1000;

// Its frames, by their names alone, and nothing else of what a task makes.
api::OutputsInOrder frames_of(farm::Farm& farm, const std::string& job, const std::string& pattern) {
    return {farm, job, [frames = media::FramePattern::parse(pattern)](const wire::Output& output) {
                const std::filesystem::path path = output.path;
                const std::string name = path.filename();
                const bool is_frame = output.parameter == output_parameter && !output.is_link &&
                                      path == media::JobFolder{}.frames() / name && frames.number_of(name);
                return is_frame ? name : std::string();
            }};
}

std::string tag_of(api::OutputsInOrder frames) {
    Sha256 hash;
    for (wire::Output output; frames.next(output);)
        hash.update(output.path + "\n" + output.digest + "\n");
    return hash.finish().hex();
}

// A zip from some byte on: what stands before is made, and thrown away.
class ZipPieces {
public:
    ZipPieces(api::OutputsInOrder frames, const http::ByteRange& range)
        : frames_(std::move(frames)),
          pack_(archive::PackForm::zip, [this](archive::PackEntry& entry) { return frames_.next(entry); }),
          skip_(range.first),
          left_(range.size) {}

    std::string_view next() {
        while (left_ > 0) {
            std::string_view piece = pack_.next();
            if (piece.empty()) throw Error(Error::Kind::internal, "the zip is shorter than it was said to be");
            const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
            skip_ -= skipped;
            piece.remove_prefix(skipped);
            if (piece.empty()) continue;
            piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size())));
            left_ -= piece.size();
            return piece;
        }
        return {};
    }

private:
    api::OutputsInOrder frames_;
    archive::Pack pack_;
    std::uint64_t skip_;
    std::uint64_t left_;
};

http::Response to_be_saved(http::Response response, const std::string& name) {
    return std::move(response.with("Content-Disposition", "attachment; filename=\"" + name + "\""));
}

}  // namespace

http::Response TaskResults::film(const http::Request& request, const RenderTask& task) {
    wire::Output output;
    farm_.read([&](db::Connection& connection) {
        output = farm::artifact_at(connection, task.TaskID, output_parameter, task.film).output;
    });
    const Fd file = api::open_blob(farm_.blobs(), {Digest::from_hex(output.digest), output.size});
    const std::string ending = task.film.substr(task.film.rfind('.'));
    return to_be_saved(http::file_response(request, file.get(), output.size, type, output.digest),
                       task.TaskID + ending);
}

http::Response TaskResults::frames(const http::Request& request, const RenderTask& task,
                                   const RenderTaskRecord& record) {
    const std::string tag = tag_of(frames_of(farm_, task.TaskID, record.pattern));
    const std::uint64_t size = size_of_zip(tag, task.TaskID, record.pattern);
    const auto pieces = [&](const http::ByteRange& range) {
        const auto zip = std::make_shared<ZipPieces>(frames_of(farm_, task.TaskID, record.pattern), range);
        return [zip] { return zip->next(); };
    };
    return to_be_saved(http::ranged_response(request, size, type, tag, pieces), task.TaskID + ".zip");
}

std::uint64_t TaskResults::size_of_zip(const std::string& tag, const std::string& job, const std::string& pattern) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = sizes_.find(tag); known != sizes_.end()) return known->second;
    }
    api::OutputsInOrder frames = frames_of(farm_, job, pattern);
    const std::uint64_t size =
        archive::packed_size(archive::PackForm::zip, [&](archive::PackEntry& entry) { return frames.next(entry); });
    const std::lock_guard lock(mutex_);
    if (sizes_.size() >= most_sizes) sizes_.clear();
    sizes_[tag] = size;
    return size;
}

}  // namespace atelier::pipelines::blender
