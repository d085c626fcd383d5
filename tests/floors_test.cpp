// The floors, held: who includes whom, who links whom, and the size and shape of files, as src/FLOORS and the house
// rules say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/text.h"

namespace atelier {
namespace {

constexpr std::size_t longest_header = 150;
constexpr std::size_t longest_source = 800;

std::filesystem::path source_folder() {
    const char* folder = std::getenv("ATELIER_SOURCE_DIR");
    return folder ? folder : std::filesystem::current_path();
}

// Who may include whom: folder → the folders below it that it may use.
using Floors = std::map<std::string, std::set<std::string>>;

Floors parse_floors(const std::string& text) {
    Floors floors;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        line = line.substr(0, line.find('#'));
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        std::istringstream words(line.substr(colon + 1));
        auto& allowed = floors[std::string(trim(line.substr(0, colon)))];
        for (std::string word; words >> word;)
            allowed.insert(word);
    }
    return floors;
}

struct File {
    std::string path;    // "farm/queue.cpp"
    std::string folder;  // "farm"
    std::string text;
};

// The folders of a path are nested floors when FLOORS names them: "pipelines/sky", else the first one.
std::string folder_of(const std::string& path, const Floors& floors) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    while (!folder.empty() && !floors.count(folder))
        folder = std::filesystem::path(folder).parent_path().string();
    return folder.empty() ? path.substr(0, path.find('/')) : folder;
}

std::vector<File> read_sources(const Floors& floors) {
    std::vector<File> files;
    const auto root = source_folder() / "src";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        const auto extension = entry.path().extension();
        if (extension != ".cpp" && extension != ".h") continue;
        const std::string path = entry.path().lexically_relative(root).generic_string();
        files.push_back({path, folder_of(path, floors), read_file(entry.path())});
    }
    return files;
}

// What is wrong with a file's includes, one line each. A test may use its own folder's tests' needs, but no other
// floors either.
std::vector<std::string> wrong_includes(const File& file, const Floors& floors) {
    static const std::regex include(R"re(^\s*#\s*include\s*"([^"]+)")re");
    std::vector<std::string> wrong;
    const auto own = floors.find(file.folder);
    if (own == floors.end()) return {file.path + ": its folder is not in src/FLOORS"};
    std::istringstream lines(file.text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        const std::string target = match[1];
        const std::string place = file.path + ":" + std::to_string(number) + ": \"" + target + "\" ";
        if (target.find('/') == std::string::npos || target.find("..") != std::string::npos) {
            wrong.push_back(place + "must be written from src/");
            continue;
        }
        const std::string folder = folder_of(target, floors);
        if (!floors.count(folder))
            wrong.push_back(place + "is of no floor");
        else if (folder != file.folder && !own->second.count(folder))
            wrong.push_back(place + "is above or beside " + file.folder);
    }
    return wrong;
}

// A nested folder's library has its whole path in its name: "pipelines/sky" is atelier_pipelines_sky.
std::string library_of(std::string folder) {
    std::replace(folder.begin(), folder.end(), '/', '_');
    return folder;
}

// The atelier_* libraries that a CMakeLists.txt of src/ names, but for the folder's own.
std::set<std::string> linked_libraries(const std::string& text, const std::string& own) {
    static const std::regex library(R"(\batelier_([a-z_]+)\b)");
    static const std::regex comment("#[^\n]*");
    static const std::set<std::string> functions = {"library", "test",  "test_main",  "tool",
                                                    "tools",   "embed", "embed_files"};
    std::set<std::string> linked;
    const std::string code = std::regex_replace(text, comment, "");
    for (std::sregex_iterator at(code.begin(), code.end(), library), end; at != end; ++at)
        if (!functions.count((*at)[1]) && (*at)[1] != own) linked.insert((*at)[1]);
    return linked;
}

std::size_t count_lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Floors, AreInOrderAndKnown) {
    const Floors floors = parse_floors(read_file(source_folder() / "src/FLOORS"));
    ASSERT_TRUE(floors.count("base"));
    EXPECT_THAT(floors.at("base"), testing::IsEmpty());
    for (const auto& [folder, allowed] : floors)
        for (const auto& below : allowed) {
            ASSERT_TRUE(floors.count(below)) << folder << " may use " << below << ", which isn't there";
            EXPECT_FALSE(floors.at(below).count(folder)) << folder << " and " << below << " use each other";
        }
}

TEST(Floors, EveryIncludeIsAllowed) {
    const Floors floors = parse_floors(read_file(source_folder() / "src/FLOORS"));
    const auto files = read_sources(floors);
    ASSERT_GT(files.size(), 20u);
    for (const File& file : files)
        EXPECT_THAT(wrong_includes(file, floors), testing::IsEmpty());
}

TEST(Floors, EveryLinkIsAllowed) {
    const Floors floors = parse_floors(read_file(source_folder() / "src/FLOORS"));
    for (const auto& [folder, allowed] : floors) {
        const auto file = source_folder() / "src" / folder / "CMakeLists.txt";
        if (folder == "cli")
            continue;  // it links all floors by a list of its own, which a folder too many can't escape
        std::set<std::string> below;
        for (const auto& floor : allowed)
            below.insert(library_of(floor));
        for (const auto& linked : linked_libraries(read_file(file), library_of(folder)))
            EXPECT_TRUE(below.count(linked)) << file << " links " << linked << ", which src/FLOORS doesn't allow";
    }
}

// The checks can fail: each kind of wrong include is found.
TEST(Floors, WhatIsWrongIsSeen) {
    const Floors floors = parse_floors("# a comment\nbase:\njob: base\nfarm: base job  # and so on\nfarm/deep: farm\n");
    const auto wrong = [&](const std::string& path, const std::string& text) {
        return wrong_includes({path, folder_of(path, floors), text}, floors);
    };
    EXPECT_THAT(wrong("farm/a.cpp", "#include \"base/x.h\"\n#include <job/x.h>\n#include \"farm/y.h\"\n"),
                testing::IsEmpty());
    EXPECT_THAT(wrong("job/a.cpp", "#include \"farm/x.h\"\n"), testing::SizeIs(1));
    EXPECT_THAT(wrong("job/a.cpp", "  #  include \"attic/x.h\"\n"), testing::SizeIs(1));
    EXPECT_THAT(wrong("job/a.cpp", "#include \"b.h\"\n#include \"../base/b.h\"\n"), testing::SizeIs(2));
    EXPECT_THAT(wrong("attic/a.cpp", ""), testing::SizeIs(1));
    EXPECT_THAT(wrong("farm/deep/a.cpp", "#include \"farm/x.h\"\n"), testing::IsEmpty());
    EXPECT_THAT(wrong("farm/a.cpp", "#include \"farm/deep/x.h\"\n"), testing::SizeIs(1));
    EXPECT_EQ(library_of("farm/deep"), "farm_deep");
    EXPECT_THAT(linked_libraries("# atelier_db\natelier_library(job LINKS atelier_base atelier_job)", "job"),
                testing::ElementsAre("base"));
}

TEST(House, FilesAreRoomsNotHalls) {
    const Floors floors = parse_floors(read_file(source_folder() / "src/FLOORS"));
    for (const File& file : read_sources(floors)) {
        const std::size_t limit = file.path.ends_with(".h") ? longest_header : longest_source;
        EXPECT_LE(count_lines(file.text), limit) << file.path;
    }
}

TEST(House, HeadersSayWhatTheyAreFor) {
    const Floors floors = parse_floors(read_file(source_folder() / "src/FLOORS"));
    for (const File& file : read_sources(floors)) {
        if (!file.path.ends_with(".h")) continue;
        EXPECT_TRUE(file.text.starts_with("// ")) << file.path << " has no comment at the top";
        EXPECT_THAT(file.text, testing::HasSubstr("\n#pragma once\n")) << file.path;
    }
}

TEST(House, EverythingIsInTheNamespaceOfItsFolder) {
    const Floors floors = parse_floors(read_file(source_folder() / "src/FLOORS"));
    for (const File& file : read_sources(floors)) {
        EXPECT_EQ(file.text.find("using namespace "), std::string::npos) << file.path;
        EXPECT_NE(file.text.find("atelier"), std::string::npos) << file.path << " is in no namespace of ours";
    }
}

TEST(House, NothingIsLeftLying) {
    const Floors floors = parse_floors(read_file(source_folder() / "src/FLOORS"));
    static const std::regex left(R"(\b(TODO|FIXME|XXX|HACK)\b)");
    for (const File& file : read_sources(floors)) {
        std::istringstream lines(file.text);
        int number = 0;
        for (std::string line; std::getline(lines, line);) {
            ++number;
            EXPECT_FALSE(std::regex_search(line, left)) << file.path << ":" << number << ": " << line;
            EXPECT_EQ(line.find(source_folder().string() + "/"), std::string::npos)
                << file.path << ":" << number << " names a path of one machine";
        }
    }
}

}  // namespace
}  // namespace atelier
