#include "api/output_file.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "api/blob_source.h"
#include "archive/pack.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "http/ranged_response.h"

namespace atelier::api {

namespace {

constexpr std::size_t most_sizes = 1000;
constexpr std::string_view plain_bytes = "application/octet-stream";

std::string_view type_of(const std::string& path) {
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {".png", "image/png"},         {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},       {".webp", "image/webp"},
        {".gif", "image/gif"},         {".mp4", "video/mp4"},
        {".webm", "video/webm"},       {".txt", "text/plain; charset=utf-8"},
        {".json", "application/json"}, {".exr", "image/x-exr"},
        {".tif", "image/tiff"},
    };
    const std::string extension = lower(std::filesystem::path(path).extension().string());
    for (const auto& [ending, type] : known)
        if (extension == ending) return type;
    return plain_bytes;
}

std::string tag_of(OutputsInOrder outputs) {
    Sha256 hash;
    for (wire::Output output; outputs.next(output);)
        hash.update(output.path + "\n" + output.digest + "\n");
    return hash.finish().hex();
}

// A zip from some byte on: what stands before is made, and thrown away.
class ZipPieces {
public:
    ZipPieces(OutputsInOrder outputs, const http::ByteRange& range)
        : outputs_(std::move(outputs)),
          pack_(archive::PackForm::zip, [this](archive::PackEntry& entry) { return outputs_.next(entry); }),
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
    OutputsInOrder outputs_;
    archive::Pack pack_;
    std::uint64_t skip_;
    std::uint64_t left_;
};

}  // namespace

http::Response output_file(farm::Farm& farm, const http::Request& request, const wire::Output& output) {
    const Fd content = open_blob(farm.blobs(), {Digest::from_hex(output.digest), output.size});
    const std::string_view type = type_of(output.path);
    http::Response response = http::file_response(request, content.get(), output.size, type, output.digest);
    if (type == plain_bytes) response.with("Content-Disposition", "attachment");
    return response;
}

http::Response to_be_saved(http::Response response, const std::string& name) {
    return std::move(response.with("Content-Disposition", "attachment; filename=\"" + name + "\""));
}

http::Response OutputZips::zip(const http::Request& request, const std::string& job, const OutputsInOrder::Name& name,
                               std::string_view type) {
    const std::string tag = tag_of({farm_, job, name});
    const std::uint64_t size = size_of_zip(tag, {farm_, job, name});
    const auto pieces = [&](const http::ByteRange& range) {
        const auto zip = std::make_shared<ZipPieces>(OutputsInOrder(farm_, job, name), range);
        return [zip] { return zip->next(); };
    };
    return to_be_saved(http::ranged_response(request, size, type, tag, pieces), job + ".zip");
}

std::uint64_t OutputZips::size_of_zip(const std::string& tag, OutputsInOrder outputs) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = sizes_.find(tag); known != sizes_.end()) return known->second;
    }
    const std::uint64_t size =
        archive::packed_size(archive::PackForm::zip, [&](archive::PackEntry& entry) { return outputs.next(entry); });
    const std::lock_guard lock(mutex_);
    if (sizes_.size() >= most_sizes) sizes_.clear();
    sizes_[tag] = size;
    return size;
}

}  // namespace atelier::api
