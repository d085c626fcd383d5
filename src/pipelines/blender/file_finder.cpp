#include "pipelines/blender/file_finder.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;

namespace {

constexpr int deepest_folder = 8;
constexpr std::size_t frame_digits = 6;  // of caches
constexpr std::string_view tile_digits = "1001";

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool is_file(const fs::path& path) {
    std::error_code error;
    return path.is_absolute() && fs::is_regular_file(path, error);
}

// "shot_0042.png": before the number, its digits, what follows.
struct Numbered {
    std::string head;
    std::size_t digits = 0;
    std::string tail;
};

// The last number before the extension, as Blender takes it.
Numbered take_number_out(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    std::size_t end = dot == std::string::npos ? name.size() : dot;
    while (end > 0 && !is_digit(name[end - 1]))
        --end;
    std::size_t begin = end;
    while (begin > 0 && is_digit(name[begin - 1]))
        --begin;
    return {name.substr(0, begin), end - begin, name.substr(end)};
}

// A number of so many digits, or of more when it doesn't fit.
bool is_number(std::string_view text, std::size_t digits) {
    if (text.size() < digits || !std::all_of(text.begin(), text.end(), is_digit)) return false;
    return text.size() == digits || text.front() != '0';
}

void replace(std::string& text, std::string_view what, const std::string& with) {
    if (const std::size_t at = text.rfind(what); at != std::string::npos) text.replace(at, what.size(), with);
}

// 1001 is u1_v1, 1002 is u2_v1, 1011 is u1_v2.
std::string tile_coordinates(std::int64_t number) {
    const std::int64_t place = number - 1001;
    return "u" + std::to_string(place % 10 + 1) + "_v" + std::to_string(place / 10 + 1);
}

std::string tile_name(std::string name, const std::string& number) {
    if (name.find("<UVTILE>") != std::string::npos)
        replace(name, "<UVTILE>", tile_coordinates(parse_int(number).value_or(0)));
    else
        replace(name, name.find("<UDIM>") != std::string::npos ? "<UDIM>" : tile_digits, number);
    return name;
}

}  // namespace

FileFinder::Found FileFinder::find(const fs::path& path, const NamedFile& named) {
    Found found;
    switch (named.shape) {
        case Shape::file: one(path, found); break;
        case Shape::numbered: numbered(path, found); break;
        case Shape::tiles: tiles(path, named.parts, found); break;
        case Shape::listed:
            for (const std::string& name : named.parts)
                one(path.parent_path() / name, found);
            break;
        case Shape::folder: folder(path, found); break;
        case Shape::cache: cache(path, named.parts, found); break;
    }
    return found;
}

void FileFinder::count() {
    if (++files_ > most_files_)
        throw Error(Error::Kind::exhausted, "the scene needs more than " + std::to_string(most_files_) + " files");
}

void FileFinder::one(const fs::path& path, Found& found) {
    count();
    (is_file(path) ? found.files : found.missing).push_back(path.string());
}

void FileFinder::numbered(const fs::path& path, Found& found) {
    const Numbered parts = take_number_out(path.filename().string());
    if (parts.digits == 0) return one(path, found);
    matching(path.parent_path(), parts.head, parts.digits, {parts.tail}, found);
}

void FileFinder::tiles(const fs::path& path, const Names& numbers, Found& found) {
    const std::string name = path.filename().string();
    for (const std::string& number : numbers)
        one(path.parent_path() / tile_name(name, number), found);
    const std::size_t mark = name.find("<UDIM>");
    if (!numbers.empty() || mark == std::string::npos) return;
    matching(path.parent_path(), name.substr(0, mark), tile_digits.size(), {name.substr(mark + 6)}, found);
}

void FileFinder::cache(const fs::path& path, const Names& ends, Found& found) {
    matching(path.parent_path(), path.filename().string() + "_", frame_digits, ends, found);
}

// Files of the folder whose names are the head, a number, and one of the ends.
void FileFinder::matching(const fs::path& folder, const std::string& head, std::size_t digits, const Names& ends,
                          Found& found) {
    const Names& names = names_in(folder);
    for (auto name = std::lower_bound(names.begin(), names.end(), head); name != names.end() && name->starts_with(head);
         ++name) {
        for (const std::string& end : ends) {
            if (name->size() < head.size() + end.size() || !name->ends_with(end)) continue;
            const std::string_view middle =
                std::string_view(*name).substr(head.size(), name->size() - head.size() - end.size());
            if (!is_number(middle, digits)) continue;
            count();
            found.files.push_back((folder / *name).string());
            break;
        }
    }
}

void FileFinder::folder(const fs::path& path, Found& found) {
    std::error_code error;
    if (!path.is_absolute()) return;
    for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
        if (entry.depth() >= deepest_folder) entry.disable_recursion_pending();
        count();
        std::error_code unreadable;
        if (entry->is_regular_file(unreadable)) found.files.push_back(entry->path().string());
    }
    std::sort(found.files.begin(), found.files.end());
}

const FileFinder::Names& FileFinder::names_in(const fs::path& folder) {
    const auto [place, is_new] = listed_.try_emplace(folder);
    Names& names = place->second;
    if (!is_new || !folder.is_absolute()) return names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        count();
        std::error_code unreadable;
        if (entry->is_regular_file(unreadable)) names.push_back(entry->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace atelier::pipelines::blender
