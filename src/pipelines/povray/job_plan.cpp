#include "pipelines/povray/job_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/json_struct.h"
#include "base/text.h"
#include "media/film_wish.h"

namespace atelier::pipelines::povray {

BOOST_DESCRIBE_STRUCT(JobPlan, (), (allow_gaps, units))

namespace {

constexpr std::size_t longest_name = 128;

json::Value parameter(const char* name, const char* flow, const char* kind = "DIRECTORY") {
    return json::Object{{"name", name}, {"type", "PATH"}, {"objectType", kind}, {"dataFlow", flow}};
}

json::Value step(const char* name, const char* command, const std::vector<std::string>& arguments) {
    json::Object run{{"command", command}, {"args", json::Array(arguments.begin(), arguments.end())}};
    return json::Object{{"name", name}, {"script", json::Object{{"actions", json::Object{{"onRun", std::move(run)}}}}}};
}

json::Value units_of(std::size_t count) {
    json::Value made = step("Units", "atelier-povray",
                            {"unit", "--units", "{{Param.Units}}", "--number", "{{Task.Param.Unit}}", "--shared",
                             "{{Param.Shared}}", "--to", "{{Param.Output}}"});
    json::Object unit{{"name", "Unit"}, {"type", "INT"}, {"range", fmt::format("0-{}", count - 1)}};
    made.as_object()["parameterSpace"] = json::Object{{"taskParameterDefinitions", json::Array{std::move(unit)}}};
    return made;
}

// Of all pictures that are there: whether any may be missing is decided before.
media::FilmWish wish_of(const UnitFilm& film) {
    return {.codec = film.film, .quality = film.quality, .rate = film.fps, .tone = film.tone, .allow_gaps = true};
}

json::Value step_of(const UnitFilm& film, const char* frames) {
    const media::FilmWish wish = wish_of(film);
    const std::string to = "{{Param.Film}}/film" + std::string(media::extension_of(media::settings_of(wish).codec));
    std::vector<std::string> arguments{"film", fmt::format("{{{{Param.{}}}}}", frames), "--to", to};
    for (const std::string& word : media::words_of(wish))
        arguments.push_back(word);
    if (!wish.is_asked_for()) arguments.emplace_back("--if-any");
    return step("Film", "atelier-media", arguments);
}

wire::Submission submission(const JobOptions& options, const std::filesystem::path& folder, json::Array parameters,
                            json::Array steps) {
    check(options);
    wire::Submission made;
    made.name = options.name;
    made.job_template = {json::text(json::Object{{"specificationVersion", "jobtemplate-2023-09"},
                                                 {"name", "Work units"},
                                                 {"parameterDefinitions", std::move(parameters)},
                                                 {"steps", std::move(steps)}}),
                         "json", "work units"};
    made.template_folder = made.current_folder = folder.string();
    made.settings.isolate = true;
    made.settings.sandbox = !options.trust;
    made.settings.max_tries = options.max_tries;
    made.settings.priority = options.priority;
    return made;
}

}  // namespace

void check(const JobOptions& options) {
    const auto length = count_characters(options.name);
    const bool is_odd = std::any_of(options.name.begin(), options.name.end(),
                                    [](unsigned char letter) { return letter < ' ' || letter == 0x7f; });
    if (!length || *length == 0 || *length > longest_name || is_odd)
        throw Error(Error::Kind::invalid, fmt::format("a job's name is a line of 1 to {} letters", longest_name), {},
                    "name");
}

void check(const UnitFilm& wish) {
    if (wish.film != no_film) media::settings_of(wish_of(wish));
}

std::string to_json(const JobPlan& plan) { return json::text(json::write(plan)); }

JobPlan job_plan_from_json(std::string_view text) { return json::read<JobPlan>(json::parse(text)); }

wire::Submission submission_of(const JobOptions& options, const UnitFilm& wish, std::size_t units,
                               const std::filesystem::path& folder) {
    json::Array parameters{parameter(units_parameter, "IN", "FILE"), parameter(shared_parameter, "IN"),
                           parameter(plan_parameter, "IN", "FILE"), parameter(output_parameter, "OUT")};
    json::Array steps{units_of(units)};
    const bool has_film = wish.film != no_film;
    if (has_film) {
        parameters.push_back(parameter(film_parameter, "OUT"));
        json::Value film = step_of(wish, output_parameter);
        film.as_object()["dependencies"] = json::Array{json::Object{{"dependsOn", "Units"}}};
        steps.push_back(std::move(film));
    }
    wire::Submission made = submission(options, folder, std::move(parameters), std::move(steps));
    made.values = {{units_parameter, (folder / units_file).string()},
                   {shared_parameter, (folder / shared_folder).string()},
                   {plan_parameter, (folder / plan_file).string()},
                   {output_parameter, (folder / "output").string()}};
    if (has_film) made.values[film_parameter] = (folder / "film").string();
    // However many fail, the others are drawn, and the first is told.
    made.settings.max_failed_tasks = static_cast<int>(units) + 1;
    made.settings.tags = {"povray", units_tag};
    return made;
}

wire::Submission film_submission_of(const JobOptions& options, const UnitFilm& wish,
                                    const std::filesystem::path& folder) {
    wire::Submission made =
        submission(options, folder, {parameter(frames_parameter, "IN"), parameter(film_parameter, "OUT")},
                   {step_of(wish, frames_parameter)});
    made.values = {{frames_parameter, (folder / "frames").string()}, {film_parameter, (folder / "film").string()}};
    made.settings.tags = {"povray"};
    return made;
}

}  // namespace atelier::pipelines::povray
