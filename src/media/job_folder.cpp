#include "media/job_folder.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace atelier::media {

namespace {

struct Made {
    const char* name;
    const std::filesystem::path* place;
};

std::array<Made, 3> all_of(const Results& results) {
    return {{{"frames", &results.frames}, {"film", &results.film}, {"picture", &results.picture}}};
}

}  // namespace

void remove_chunks(const JobFolder& folder) {
    std::error_code ignored;  // what stays does no harm
    std::filesystem::remove_all(folder.film_chunks(), ignored);
}

std::vector<std::string> lines_about(const Results& results) {
    constexpr std::size_t longest = std::string_view("picture").size();
    std::vector<std::string> lines;
    for (const auto& [name, place] : all_of(results))
        if (!place->empty())
            lines.push_back(name + std::string(longest + 1 - std::string_view(name).size(), ' ') + place->string());
    if (!results.bad.empty())
        lines.push_back("look at frames " + print_frames(results.bad) + ": " + results.report.string() +
                        " says what is wrong with them");
    return lines;
}

json::Object to_json(const Results& results) {
    json::Object object;
    for (const auto& [name, place] : all_of(results))
        if (!place->empty()) object[name] = place->string();
    object["bad"] = json::Array(results.bad.begin(), results.bad.end());
    return object;
}

}  // namespace atelier::media
