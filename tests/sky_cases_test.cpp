// The true answers of the original: each case's lines are run by the real program, and what it makes is compared: tiles
// by the hash of their pixels, WTML by its attributes, thumbnails by how they look. A table of all cases is printed.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <pugixml.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "pipelines/sky/fits/fits_file.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "pipelines/sky/pixels/pixels.h"
#include "program.h"

namespace atelier::tests {
namespace {

namespace fs = std::filesystem;
namespace sky = pipelines::sky;
using sky::sky_data;

constexpr double least_likeness = 32;  // of a thumbnail, in decibels

// Where the original fails or errs, and what we do there is meant. Files that are named here aren't compared.
struct Deviation {
    std::string_view name;
    std::string_view file;  // or "exit", "printed", "files"
    std::string_view reason;
};
constexpr Deviation deviations[] = {
    {"study_rgb_1x1", "*", "the original makes no thumbnail of one pixel and fails; here it has one pixel"},
    {"thumb_rgb_1x1", "*", "the same"},
    {"fits_study_nothumb_error", "printed", "what can't be done as it was asked for ends with 2, not 1"},
    {"allsky_depth0", "*", "the original writes no tile at depth 0, prints a traceback and exits with 0"},
};

const Deviation* deviation_of(const std::string& name, std::string_view file) {
    for (const Deviation& deviation : deviations)
        if (deviation.name == name && (deviation.file == "*" || deviation.file == file)) return &deviation;
    return nullptr;
}

const Deviation* deviation_of(const std::string& name) {
    for (const Deviation& deviation : deviations)
        if (deviation.name == name) return &deviation;
    return nullptr;
}

std::string program() { return std::string(std::getenv("ATELIER_BINARY_DIR")) + "/atelier"; }

struct Told {
    std::string out;
    int status = 0;
};

Told run_in(const fs::path& folder, const std::string& line) {
    const std::string whole =
        "cd " + shell_quote(folder.string()) + " && { " + line + "\n} 2>" + shell_quote((folder / "stderr").string());
    std::FILE* const pipe = ::popen(whole.c_str(), "r");
    Told told;
    for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe))
        told.out += static_cast<char>(letter);
    told.status = WEXITSTATUS(::pclose(pipe));
    return told;
}

bool takes_compatible(const std::string& command) {
    static std::map<std::string, bool> known;
    const auto [entry, is_new] = known.try_emplace(command);
    if (is_new)
        entry->second =
            run_in("/tmp", program() + " sky " + command + " --help").out.find("--compatible") != std::string::npos;
    return entry->second;
}

// `toasty WORD ...` as ours.
std::string our_line(const std::string& line) {
    constexpr std::string_view before = "toasty ";
    if (!line.starts_with(before)) return line;
    const std::string rest = line.substr(before.size());
    const std::string command = rest.substr(0, rest.find(' '));
    const std::string arguments = rest.substr(command.size());
    return program() + " sky " + command + (takes_compatible(command) ? " --compatible" : "") + arguments;
}

std::string without_number_of_cores(std::string text) {
    constexpr std::string_view before = "processing over ";
    for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
        const std::size_t begin = at + before.size();
        text.replace(begin, text.find_first_not_of("0123456789", begin) - begin, "N");
    }
    return text;
}

// ---- pixels

std::vector<std::byte> rgba_of(const fs::path& path, int& width, int& height) {
    sky::Reading reading;
    reading.to_srgb = false;
    const auto rows = sky::open_pixels(path, reading);
    width = rows->width();
    height = rows->height();
    std::vector<std::byte> pixels, row(rows->row_bytes());
    for (int y = 0; y < height; ++y) {
        rows->read(row.data());
        if (rows->mode() == sky::Mode::rgba) {
            pixels.insert(pixels.end(), row.begin(), row.end());
            continue;
        }
        for (std::size_t at = 0; at < row.size(); at += 3) {
            pixels.insert(pixels.end(), row.begin() + static_cast<std::ptrdiff_t>(at),
                          row.begin() + static_cast<std::ptrdiff_t>(at + 3));
            pixels.push_back(std::byte{255});
        }
    }
    return pixels;
}

std::string hash_of(const std::vector<std::byte>& bytes) {
    return sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).hex();
}

template <class Value>
void make_nan_alike(std::vector<std::byte>& row) {
    for (std::size_t at = 0; at < row.size(); at += sizeof(Value)) {
        Value value;
        std::memcpy(&value, row.data() + at, sizeof value);
        if (!std::isnan(value)) continue;
        value = std::numeric_limits<Value>::quiet_NaN();
        std::memcpy(row.data() + at, &value, sizeof value);
    }
}

std::string hash_of_fits(const fs::path& path) {
    sky::FitsFile file(path);
    const sky::FitsUnit& unit = file.units().at(0);
    Sha256 hash;
    std::vector<std::byte> row(static_cast<std::size_t>(unit.width) * sky::fits_bytes(unit.type));
    for (int y = 0; y < unit.height; ++y) {
        file.read_row(0, y, row.data());
        if (unit.type == sky::FitsType::f32) make_nan_alike<float>(row);
        if (unit.type == sky::FitsType::f64) make_nan_alike<double>(row);
        hash.update(row.data(), row.size());
    }
    return hash.finish().hex();
}

double likeness(const fs::path& one, const fs::path& other) {
    int width = 0, height = 0, other_width = 0, other_height = 0;
    const auto first = rgba_of(one, width, height), second = rgba_of(other, other_width, other_height);
    if (width != other_width || height != other_height) return 0;
    double sum = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        const double difference = std::to_integer<int>(first[i]) - std::to_integer<int>(second[i]);
        sum += difference * difference;
    }
    const double mean = sum / (static_cast<double>(width) * height * 3);
    return mean == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(255 * 255 / mean);
}

// ---- WTML

bool is_same_value(const std::string& one, const std::string& other) {
    if (one == other) return true;
    const auto first = parse_number(one), second = parse_number(other);
    return first && second && std::abs(*first - *second) <= 1e-11 + 1e-9 * std::abs(*second);
}

// What differs, or nothing.
std::string difference_of(const pugi::xml_node& one, const pugi::xml_node& truth) {
    const std::string name = truth.name();
    if (one.name() != name) return "<" + std::string(one.name()) + "> where <" + name + "> should be";
    if (!is_same_value(one.text().get(), truth.text().get()) && truth.text())
        return name + " says " + one.text().get() + ", not " + truth.text().get();
    std::set<std::string> attributes;
    for (const auto& attribute : one.attributes())
        attributes.insert(attribute.name());
    for (const auto& attribute : truth.attributes()) {
        if (attributes.erase(attribute.name()) == 0) return name + " lacks " + attribute.name();
        const std::string value = one.attribute(attribute.name()).value();
        if (!is_same_value(value, attribute.value()))
            return name + "." + attribute.name() + " is " + value + ", not " + attribute.value();
    }
    if (!attributes.empty()) return name + " has " + *attributes.begin();
    auto child = one.first_child();
    for (const auto& expected : truth.children()) {
        if (expected.type() == pugi::node_element) {
            const std::string difference = difference_of(child, expected);
            if (!difference.empty()) return difference;
        }
        child = child.next_sibling();
    }
    return child ? name + " holds more than it should" : "";
}

std::string difference_of_wtml(const fs::path& one, const fs::path& truth) {
    pugi::xml_document first, second;
    if (!first.load_file(one.c_str())) return "it is no XML";
    if (!second.load_file(truth.c_str())) return "the truth is no XML";
    return difference_of(first.document_element(), second.document_element());
}

// ---- cases

struct Listed {
    std::string path, kind, hash;
};

std::vector<Listed> listing_of(const fs::path& file) {
    std::vector<Listed> listed;
    if (!fs::exists(file)) return listed;
    const std::string text = read_file(file);
    for (const std::string_view line : split(trim(text), '\n')) {
        if (line.starts_with("#")) continue;
        const auto columns = split(line, '\t');
        listed.push_back({std::string(columns.at(0)), std::string(columns.at(1)), std::string(columns.at(5))});
    }
    return listed;
}

class Case {
public:
    Case(std::string name, const fs::path& place)
        : name_(std::move(name)), truth_(sky::sky_data() / "cases" / name_), folder_(place / "cases" / name_) {}

    // Why it can't be run here, or nothing.
    std::string reason_to_skip() const {
        const std::string text = read_file(truth_ / "cmd.txt");
        const bool can_be_run =
            has_image_magick() || text.find("convert ") == std::string::npos || !truth_of(text).empty();
        return can_be_run ? "" : "ImageMagick isn't there";
    }

    // Everything that isn't as it should be.
    std::vector<std::string> run() {
        fs::create_directories(folder_);
        std::string said;
        const std::string text = read_file(truth_ / "cmd.txt");
        for (const std::string_view line : split(trim(text), '\n')) {
            const Told told = run_in(folder_, line_for(std::string(line)));
            said += fmt::format("$ {}\n{}[exit {}]\n", line, told.out, told.status);
        }
        const std::string expected = read_file(truth_ / "stdout.txt");
        if (without_number_of_cores(said) != without_number_of_cores(expected))
            report("printed", "it prints\n" + said + "and not\n" + expected);
        compare_files();
        return problems_;
    }

private:
    static bool has_image_magick() {
        static const bool there = run_in("/tmp", "convert -version").out.find("ImageMagick") != std::string::npos;
        return there;
    }

    // What the case's JPEG tiles were before anything was made of them is kept with the truth.
    std::string truth_of(const std::string& line) const {
        if (line.find("mkdir out; for f in ") == std::string::npos || !fs::exists(truth_ / "out/2")) return {};
        return "mkdir out && cp -r " + shell_quote((truth_ / "out/2").string()) + " out && rm -rf png";
    }

    std::string line_for(const std::string& line) const {
        const bool by_image_magick = line.find("convert ") != std::string::npos;
        return by_image_magick && !has_image_magick() ? truth_of(line) : our_line(line);
    }

    void report(std::string_view file, const std::string& problem) {
        if (!deviation_of(name_, file)) problems_.push_back(std::string(file) + ": " + problem);
    }

    void compare_files() {
        std::set<std::string> expected;
        for (const Listed& listed : listing_of(truth_ / "listing.tsv")) {
            expected.insert(listed.path);
            try {
                compare(listed);
            } catch (const std::exception& error) {
                report(listed.path, error.what());
            }
        }
        const fs::path out = folder_ / "out";
        if (!fs::exists(out)) return;
        for (const auto& entry : fs::recursive_directory_iterator(out)) {
            const std::string path = entry.path().lexically_relative(out).generic_string();
            if (entry.is_regular_file() && !expected.contains(path)) report(path, "it shouldn't be there");
        }
    }

    void compare(const Listed& listed) {
        const fs::path file = folder_ / "out" / listed.path, truth = truth_ / "out" / listed.path;
        if (!fs::exists(file)) return report(listed.path, "it is missing");
        if (listed.path == "thumb.jpg") {
            const double like = likeness(file, truth);
            likeness_ = std::min(likeness_, like);
            if (like < least_likeness) report(listed.path, fmt::format("its likeness is {:.1f} dB", like));
        } else if (listed.path.ends_with(".wtml")) {
            const std::string difference = difference_of_wtml(file, truth);
            if (!difference.empty()) report(listed.path, difference);
        } else {
            int width = 0, height = 0;
            const std::string hash = listed.kind == "fits" ? hash_of_fits(file) : hash_of(rgba_of(file, width, height));
            ++tiles_;
            if (hash != listed.hash) report(listed.path, "its pixels differ");
        }
    }

    std::string name_;
    fs::path truth_, folder_;
    std::vector<std::string> problems_;

public:
    int tiles_ = 0;
    double likeness_ = std::numeric_limits<double>::infinity();
};

TEST(SkyCases, AreAsTheOriginalMakesThem) {
    ATELIER_NEED_SKY_DATA();
    const TemporaryFolder place("atelier-sky-");
    fs::create_directory_symlink(fs::canonical(sky::sky_data() / "inputs"), place.path() / "inputs");
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(sky::sky_data() / "cases"))
        if (entry.is_directory()) names.insert(entry.path().filename().string());
    ASSERT_FALSE(names.empty());
    int passed = 0, skipped = 0;
    for (const std::string& name : names) {
        Case one(name, place.path());
        if (const std::string reason = one.reason_to_skip(); !reason.empty()) {
            ++skipped;
            std::cout << fmt::format("{:44} skipped: {}\n", name, reason);
            continue;
        }
        const auto problems = one.run();
        for (const std::string& problem : problems)
            ADD_FAILURE() << name << ": " << problem;
        passed += problems.empty();
        const Deviation* const deviation = deviation_of(name);
        std::cout << fmt::format("{:44} {} {:4} tiles{}{}\n", name, problems.empty() ? "passed" : "FAILED", one.tiles_,
                                 std::isinf(one.likeness_) ? "" : fmt::format(", thumbnail {:.1f} dB", one.likeness_),
                                 deviation ? "; on purpose otherwise: " + std::string(deviation->reason) : "");
    }
    std::cout << fmt::format("{} cases: {} passed, {} skipped\n", names.size(), passed, skipped);
}

}  // namespace
}  // namespace atelier::tests
