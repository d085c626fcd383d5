#include "api/outputs_in_order.h"

#include "api/blob_source.h"
#include "base/file_pieces.h"
#include "farm/queries.h"

namespace atelier::api {

namespace {

constexpr int page_size = 1000;
constexpr std::uint64_t longest_link = 4096;

}  // namespace

OutputsInOrder::OutputsInOrder(farm::Farm& farm, std::string job, Name name)
    : farm_(farm), job_(std::move(job)), name_(std::move(name)) {
    fill();
}

bool OutputsInOrder::next(wire::Output& output) {
    for (;;) {
        if (page_.empty() && !at_end_) fill();
        if (page_.empty()) return false;
        output = std::move(page_.front());
        page_.pop_front();
        if (!name_(output).empty()) return true;
    }
}

bool OutputsInOrder::next(archive::PackEntry& entry) {
    wire::Output output;
    if (!next(output)) return false;
    entry.path = name_(output);
    entry.mode = output.mode;
    const store::BlobRef blob{Digest::from_hex(output.digest), output.size};
    if (output.is_link) {
        entry.link_target = farm_.blobs().get(blob, longest_link);
        return true;
    }
    entry.size = output.size;
    entry.open = [this, blob, path = entry.path] {
        const auto pieces = std::make_shared<FilePieces>(open_blob(farm_.blobs(), blob), path);
        return [pieces] { return pieces->next(); };
    };
    return true;
}

void OutputsInOrder::fill() {
    std::vector<farm::Artifact> found;
    farm_.read([&](db::Connection& connection) {
        found = farm::artifacts_after(connection, job_, parameter_, path_, page_size);
    });
    at_end_ = found.size() < page_size;
    for (farm::Artifact& artifact : found)
        page_.push_back(std::move(artifact.output));
    if (page_.empty()) return;
    parameter_ = page_.back().parameter;
    path_ = page_.back().path;
}

}  // namespace atelier::api
