#include "pipelines/povray/unit_task.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/files.h"
#include "media/file_beside.h"
#include "media/picture.h"
#include "pipelines/povray/messages.h"
#include "pipelines/povray/work_unit.h"
#include "process/child.h"
#include "process/speaker.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;
using process::Speaker;

namespace {

fs::path lay_workspace(const WorkUnit& unit, const UnitTask& task) {
    const fs::path folder = make_private_folder(fs::current_path(), "unit-");
    for (const auto& [path, content] : unit.inline_resource) {
        fs::create_directories((folder / path).parent_path());
        write_file_durably(folder / path, from_base64(content));
    }
    const fs::path shared = task.shared / folder_of_prefix(unit, unit.shared_resource_gcs_prefix, "shared");
    fs::create_directory_symlink(shared, folder / "shared");
    fs::create_directory(folder / "output");
    return folder;
}

void run_command(const WorkUnit& unit, const fs::path& folder, Speaker& speaker) {
    Messages messages(
        {{}, [&](double part) { speaker.progress(99 * part); }, [&](std::string_view line) { speaker.log(line); }});
    process::ChildStreams streams;
    streams.line = [&](std::string_view line) { speaker.log(line); };
    streams.complaint = [&](std::string_view line) { messages.take(line); };
    fs::current_path(folder);
    const auto end = process::run_child({"/bin/sh", "-c", unit.cmd}, streams);
    messages.finish();
    if (end.code == 0) return;
    const auto error = messages.error();
    throw Error(Error::Kind::invalid,
                fmt::format("{}: {}", unit.work_unit_id,
                            error ? to_string(*error) : fmt::format("its command ended with {}", end.code)));
}

// Pictures are looked at: a command may end well and leave half of one.
std::uint64_t collect(const WorkUnit& unit, const fs::path& folder, const fs::path& to) {
    std::uint64_t bytes = 0;
    const fs::path output = folder / "output";
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(output)) {
        if (!entry.is_regular_file() || entry.is_symlink() || entry.path().extension() == ".pov-state") continue;
        if (media::kind_by_name(entry.path())) media::probe_picture(entry.path());
        const fs::path place = to / entry.path().lexically_relative(output);
        fs::create_directories(place.parent_path());
        media::FileBeside beside(place);
        fs::copy_file(entry.path(), beside.path(), fs::copy_options::overwrite_existing);
        beside.keep();
        bytes += entry.file_size();
    }
    if (bytes == 0) throw Error(Error::Kind::invalid, unit.work_unit_id + " left nothing in ./output");
    return bytes;
}

}  // namespace

int run_unit(const UnitTask& task, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        const WorkUnit unit = work_unit_from_json(unit_line(open_file(task.units, O_RDONLY), task.number));
        speaker.status(unit.work_unit_id);
        const fs::path folder = lay_workspace(unit, task);
        run_command(unit, folder, speaker);
        const fs::path to = task.to / folder_of_prefix(unit, unit.offload_gcs_prefix, "output");
        speaker.metric("bytes", static_cast<double>(collect(unit, folder, to)));
        fs::current_path(folder.parent_path());
        fs::remove_all(folder);
        speaker.progress(100);
        return 0;
    });
}

}  // namespace atelier::pipelines::povray
