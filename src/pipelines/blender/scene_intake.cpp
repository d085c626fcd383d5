#include "pipelines/blender/scene_intake.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "http/parser.h"

namespace atelier::pipelines::blender {

namespace {

constexpr std::uint64_t most_bytes = 256ull << 30;
constexpr std::size_t longest_value = 4096;

}  // namespace

SceneIntake::SceneIntake(const http::Request& request, const std::filesystem::path& path, bool is_admin)
    : path_(path), is_admin_(is_admin), file_(open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) {
    for (const auto& [name, value] : request.query)
        set(name, value);
    const std::string_view type = request.header("content-type").value_or("");
    if (http::Multipart::is_form(type))
        form_.emplace(
            type, [this](const http::FormPart& part) { begin_part(part); },
            [this](std::string_view piece) { take_part(piece); });
    else
        has_file_ = true;
}

void SceneIntake::set(const std::string& name, const std::string& value) {
    options_.set(name, value);
    if (options_.request.trust && !is_admin_)
        throw Error(Error::Kind::denied, "only an admin may let the scripts of a scene run", "leave out `trust`",
                    "trust");
}

void SceneIntake::take(std::string_view piece) {
    received_ += piece.size();
    if (form_)
        form_->feed(piece);
    else
        write(piece);
}

void SceneIntake::write(std::string_view piece) {
    if (piece.size() > most_bytes - written_)
        throw http::Refusal(413, "a scene may have " + format_bytes(most_bytes),
                            "send it without what it doesn't need");
    write_all(file_.get(), piece, path_.filename());
    written_ += piece.size();
}

void SceneIntake::begin_part(const http::FormPart& part) {
    end_part();
    in_file_ = part.filename.has_value();
    if (!in_file_) {
        field_ = part.name;
        return;
    }
    if (has_file_) throw Error(Error::Kind::invalid, "the form has two files", "several go into one zip");
    has_file_ = true;
    if (options_.upload.empty()) options_.upload = *part.filename;
}

void SceneIntake::take_part(std::string_view piece) {
    if (in_file_) return write(piece);
    value_ += piece;
    if (value_.size() > longest_value)
        throw Error(Error::Kind::invalid, "the value of '" + printable(field_) + "' is too long", {},
                    printable(field_));
}

void SceneIntake::end_part() {
    if (!field_.empty()) set(field_, value_);
    field_.clear();
    value_.clear();
}

RenderTaskOptions SceneIntake::finish() {
    if (form_) form_->finish();
    end_part();
    file_.reset();
    if (!has_file_ || written_ == 0)
        throw Error(Error::Kind::invalid, "no scene was sent",
                    "send a .blend or a .zip as the body, or as the file of a form");
    return options_;
}

}  // namespace atelier::pipelines::blender
