#include "pipelines/blender/received_scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "archive/unzip.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 100;  // of what names frames and film
constexpr std::size_t most_named = 8;
constexpr std::string_view ending = ".blend";

bool is_blend(const fs::path& path) { return lower(path.extension().string()) == ending; }

// What a browser or a script says of its file: the last part of it, and plain letters.
std::string plain_name(std::string name) {
    name = name.substr(name.find_last_of("/\\") + 1);
    if (lower(name).ends_with(ending)) name.resize(name.size() - ending.size());
    const auto is_odd = [](unsigned char letter) { return letter < ' ' || letter == 0x7f || letter == '#'; };
    std::replace_if(name.begin(), name.end(), is_odd, '_');
    if (!count_characters(name) || name.size() > longest_name || name.empty() || name.front() == '.') name = "scene";
    return name + std::string(ending);
}

// Packers put everything into one folder, and systems add a folder of their own beside it.
fs::path top_of(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename() != "__MACOSX") found.push_back(entry.path());
    if (found.size() == 1 && fs::is_directory(found[0])) return top_of(found[0]);
    return folder;
}

std::vector<fs::path> blends_at(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && is_blend(entry.path())) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::string list_of(std::vector<fs::path> files, const fs::path& folder) {
    const std::size_t count = files.size();
    files.resize(std::min(count, most_named));
    std::vector<std::string> names;
    for (const fs::path& file : files)
        names.push_back(printable(file.lexically_relative(folder).string()));
    return join(names, ", ") + (count > most_named ? ", ..." : "");
}

fs::path chosen(const fs::path& folder, const std::string& wanted) {
    if (!wanted.empty()) {
        check_relative_path(wanted);
        const fs::path file = folder / wanted;
        if (!fs::is_regular_file(fs::symlink_status(file)))
            throw Error(Error::Kind::invalid, "the zip has no file " + printable(wanted),
                        "name it by its path in the zip", "blend");
        return file;
    }
    const auto found = blends_at(top_of(folder));
    if (found.size() == 1) return found[0];
    throw Error(Error::Kind::invalid,
                found.empty()
                    ? "the zip has no .blend at its top"
                    : fmt::format("the zip has {} .blend files at its top: {}", found.size(), list_of(found, folder)),
                "say with `blend` which one is to be rendered, by its path in the zip", "blend");
}

}  // namespace

ReceivedScene lay_out(const fs::path& upload, const fs::path& folder, const std::string& name,
                      const std::string& wanted) {
    fs::create_directory(folder);
    if (!archive::is_zip(upload)) {
        const fs::path scene = folder / plain_name(name);
        fs::rename(upload, scene);
        return {RenderDataType::SingleFile, scene};
    }
    archive::unzip(upload, folder);
    fs::remove(upload);
    const fs::path scene = chosen(folder, wanted);
    if (scene.stem().string().size() > longest_name)
        throw Error(Error::Kind::invalid, "the name of " + printable(scene.filename().string()) + " is too long",
                    "frames are named after it: make it shorter", "blend");
    return {RenderDataType::MultiFile, scene};
}

}  // namespace atelier::pipelines::blender
