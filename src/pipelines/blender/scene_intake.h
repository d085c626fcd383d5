// The body of a request that brings a scene: the file as it is, or a form with it and options. Goes to the disk as it
// comes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"
#include "http/message.h"
#include "http/multipart.h"
#include "pipelines/blender/task_scheduler.h"

namespace atelier::pipelines::blender {

class SceneIntake {
public:
    // Options stand in the query too. Throws Error: denied for those that only an admin may choose.
    SceneIntake(const http::Request& request, const std::filesystem::path& path, bool is_admin);

    void take(std::string_view piece);
    RenderTaskOptions finish();                           // throws Error::invalid when there was no file
    std::uint64_t received() const { return received_; }  // bytes of the body

private:
    void set(const std::string& name, const std::string& value);
    void begin_part(const http::FormPart& part);
    void end_part();
    void take_part(std::string_view piece);
    void write(std::string_view piece);

    const std::filesystem::path path_;
    const bool is_admin_;
    Fd file_;
    std::uint64_t received_ = 0;
    std::uint64_t written_ = 0;
    bool has_file_ = false;
    RenderTaskOptions options_;
    std::optional<http::Multipart> form_;
    bool in_file_ = false;
    std::string field_;  // the one that is being read
    std::string value_;
};

}  // namespace atelier::pipelines::blender
