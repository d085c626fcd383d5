#include "pipelines/povray/dependencies.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t largest_scene = 64u << 20;  // a larger one is data, and names no files
constexpr std::size_t longest_name = 1024;
constexpr std::size_t most_files = 100'000;

// Of what POV-Ray brings along itself.
const fs::path own_library = "/usr/share/povray-3.7/include";

// POV-Ray tries these behind a name that has none.
constexpr std::string_view endings[] = {"",     ".inc", ".pov", ".png", ".jpg", ".jpeg", ".tga",
                                        ".gif", ".ppm", ".pgm", ".bmp", ".tif", ".tiff", ".exr",
                                        ".hdr", ".iff", ".df3", ".ttf", ".otf", ".pot"};

struct Quoted {
    std::string text;
    bool is_include = false;
};

// The quoted texts of a scene; // and /* */ (nested) are comments.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::optional<Quoted> next() {
        while (at_ < text_.size()) {
            if (text_.substr(at_).starts_with("//"))
                at_ = std::min(text_.find('\n', at_), text_.size());
            else if (text_.substr(at_).starts_with("/*"))
                skip_comment();
            else if (text_[at_] == '"')
                return quoted();
            else
                note_word();
        }
        return std::nullopt;
    }

private:
    void skip_comment() {
        int depth = 0;
        do {
            const std::string_view rest = text_.substr(at_);
            const bool opens = rest.starts_with("/*"), closes = rest.starts_with("*/");
            depth += opens - closes;
            at_ += opens || closes ? 2 : 1;
        } while (depth > 0 && at_ < text_.size());
    }

    void note_word() {
        if (text_[at_] == '#') {
            include_ = text_.substr(at_ + 1, 7) == "include";
            at_ += include_ ? 8 : 1;
            return;
        }
        if (text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != '\n' && text_[at_] != '\r') include_ = false;
        ++at_;
    }

    Quoted quoted() {
        Quoted found{{}, std::exchange(include_, false)};
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size() && !found.is_include) ++at_;
            found.text += text_[at_];
        }
        if (at_ < text_.size()) ++at_;
        return found;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool include_ = false;
};

bool may_be_a_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name &&
           std::none_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < ' '; });
}

// Links are followed, so that one that leads out of the folder is seen.
std::optional<std::string> below(const fs::path& root, const fs::path& file) {
    std::error_code failed;
    const fs::path whole = fs::canonical(file, failed);
    if (failed || !fs::is_regular_file(whole, failed)) return std::nullopt;
    const std::string real = whole.lexically_relative(fs::canonical(root, failed)).string();
    if (failed || real.empty() || real.starts_with("..")) return std::nullopt;
    const std::string named = file.lexically_normal().lexically_relative(root.lexically_normal()).string();
    return named.starts_with("..") ? real : named;
}

bool is_own(const fs::path& name) { return name.is_relative() && fs::exists(own_library / name); }

struct Place {
    std::size_t root = 0;
    std::string file;
    auto operator<=>(const Place&) const = default;
};

std::optional<Place> find(const std::string& name, const fs::path& beside, const std::vector<fs::path>& roots) {
    for (const std::string_view ending : endings) {
        std::vector<fs::path> folders{beside};
        folders.insert(folders.end(), roots.begin(), roots.end());
        for (const fs::path& folder : folders)
            for (std::size_t root = 0; root < roots.size(); ++root)
                if (const auto file = below(roots[root], folder / (name + std::string(ending))))
                    return Place{root, *file};
    }
    return std::nullopt;
}

bool is_scene_text(const std::string& file) {
    const std::string ending = lower(fs::path(file).extension().string());
    return ending == ".pov" || ending == ".inc" || ending == ".mac" || ending == ".txt" || ending.empty();
}

}  // namespace

std::vector<std::string> names_in(std::string_view scene) {
    std::vector<std::string> names;
    std::set<std::string> seen;
    Reader reader(scene);
    while (const auto quoted = reader.next())
        if (may_be_a_name(quoted->text) && seen.insert(quoted->text).second) names.push_back(quoted->text);
    return names;
}

Dependencies dependencies_of(const fs::path& scene, const std::vector<fs::path>& roots) {
    Dependencies found;
    found.files.resize(roots.size());
    std::set<Place> seen;
    std::deque<Place> open;
    const auto add = [&](const Place& place) {
        if (seen.size() < most_files && seen.insert(place).second) open.push_back(place);
    };
    const auto first = below(roots.at(0), scene);
    if (!first) throw Error(Error::Kind::not_found, "the scene " + scene.string() + " is not there");
    add({0, *first});
    for (; !open.empty(); open.pop_front()) {
        const Place place = open.front();
        found.files[place.root].push_back(place.file);
        const fs::path path = roots[place.root] / place.file;
        if ((place.file != *first && !is_scene_text(place.file)) || fs::file_size(path) > largest_scene) continue;
        const std::string text = read_file(path);
        Reader reader(text);
        while (const auto quoted = reader.next()) {
            if (!may_be_a_name(quoted->text)) continue;
            if (const auto needed = find(quoted->text, path.parent_path(), roots))
                add(*needed);
            else if (quoted->is_include && !is_own(quoted->text))
                found.missing.push_back(place.file + ": " + printable(quoted->text));
        }
    }
    for (auto& files : found.files)
        std::sort(files.begin(), files.end());
    return found;
}

}  // namespace atelier::pipelines::povray
