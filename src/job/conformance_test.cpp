// The public vectors of Open Job Description and its public samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <iostream>

#include "base/files.h"
#include "base/json.h"
#include "base/testing.h"
#include "job/range_expr.h"
#include "job/template.h"

namespace atelier::job {
namespace {

using testing_support::shared_data;

json::Array cases_in(const std::filesystem::path& file) {
    return json::parse(read_file(file)).as_object().at("cases").as_array();
}

std::string text_of(const json::Value& value) { return std::string(value.as_string()); }

Source source_of(const std::string& name, std::string text) {
    const Syntax syntax = text.find_first_not_of(" \t\r\n") == text.find('{') ? Syntax::json : Syntax::yaml;
    return {std::move(text), syntax, name};
}

// What a template's check says: nothing, or the problems.
std::string check(const Source& source, bool is_job,
                  const std::vector<std::string>& extensions = supported_extensions()) {
    try {
        if (is_job)
            parse_job_template(source, extensions);
        else
            parse_environment_template(source, extensions);
        return {};
    } catch (const TemplateError& error) {
        EXPECT_FALSE(error.problems().empty());
        return error.what();
    }
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder, const std::string& ending) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().filename().string().ends_with(ending))
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

// The one that the cross-check of the vectors says not to use: it refers to a parameter that isn't defined.
constexpr std::string_view broken_vector = "test_parameter_space::float_format_string";
constexpr int vectors_for_our_extensions = 818;

TEST(Conformance, TemplatesOfTheModelsVectors) {
    const auto folder = shared_data() / "openjd/derived/model-validation";
    ATELIER_NEED_DATA(folder);
    int selected = 0;
    int passed = 0;
    int skipped = 0;
    for (const auto& file : files_below(folder, ".json")) {
        for (const json::Value& value : cases_in(file)) {
            const json::Object& vector = value.as_object();
            std::vector<std::string> extensions;
            for (const json::Value& name : vector.at("supportedExtensions").as_array())
                extensions.push_back(text_of(name));
            const auto asks_for = [&](const char* name) {
                return std::find(extensions.begin(), extensions.end(), name) != extensions.end();
            };
            if (asks_for("EXPR") || asks_for("WRAP_ACTIONS")) continue;
            ++selected;
            const std::string id = text_of(vector.at("id"));
            if (id == broken_vector) {
                ++skipped;
                continue;
            }
            const std::string text = text_of(vector.at("template"));
            const bool is_job = vector.at("kind").as_string() == "job";
            const bool is_valid = vector.at("expect").as_string() == "valid";
            const std::string problems = check(source_of(id, text), is_job, extensions);
            EXPECT_EQ(problems.empty(), is_valid) << id << "\n" << problems << "\n" << text;
            if (problems.empty() == is_valid) ++passed;
        }
    }
    std::cout << "model vectors: " << passed << " of " << selected - skipped << " passed, " << skipped
              << " not to be used\n";
    EXPECT_EQ(selected, vectors_for_our_extensions);
    EXPECT_EQ(skipped, 1);
    EXPECT_EQ(passed, selected - skipped);
}

// One range vector; true if all that it expects is so.
bool range_vector_passes(const json::Object& vector) {
    const json::Object& expect = vector.at("expect").as_object();
    std::optional<RangeExpr> range;
    try {
        range = RangeExpr::parse(text_of(vector.at("expr")));
    } catch (const Error&) {
    }
    if (expect.contains("error")) return !range;
    if (!range) return false;
    if (const auto* length = expect.if_contains("length");
        length && range->size() != length->to_number<std::uint64_t>())
        return false;
    if (const auto* canonical = expect.if_contains("canonical"); canonical && range->text() != text_of(*canonical))
        return false;
    if (const auto* values = expect.if_contains("values")) {
        if (values->as_array().size() != range->size()) return false;
        for (std::size_t i = 0; i < range->size(); ++i)
            if (range->at(i) != values->as_array()[i].to_number<std::int64_t>()) return false;
    }
    if (const auto* at = expect.if_contains("at")) {
        for (const auto& item : at->as_object()) {
            const std::int64_t index = std::stoll(std::string(item.key()));
            const std::uint64_t from_front =
                index < 0 ? range->size() - static_cast<std::uint64_t>(-index) : static_cast<std::uint64_t>(index);
            if (range->at(from_front) != item.value().to_number<std::int64_t>()) return false;
        }
    }
    return true;
}

TEST(Conformance, RangeExpressions) {
    const auto file = shared_data() / "openjd/derived/range_expr.json";
    ATELIER_NEED_DATA(file);
    const json::Array cases = cases_in(file);
    std::size_t passed = 0;
    for (const json::Value& value : cases) {
        const bool passes = range_vector_passes(value.as_object());
        EXPECT_TRUE(passes) << value.as_object().at("id") << value.as_object().at("expr");
        passed += passes ? 1 : 0;
    }
    std::cout << "range vectors: " << passed << " of " << cases.size() << " passed\n";
    EXPECT_EQ(cases.size(), 48u);
}

bool space_vector_passes(const json::Object& vector) {
    const json::Object& expect = vector.at("expect").as_object();
    const std::string id = text_of(vector.at("id"));
    Values values;
    if (id.ends_with("test_format_string_in_range")) values.given["Prefix"] = "test";
    std::optional<Job> job;
    std::string problems;
    try {
        job = create_job(parse_job_template(source_of(id, text_of(vector.at("template")))), {}, values);
    } catch (const TemplateError& error) {
        problems = error.what();
    }
    if (expect.contains("error")) return !job;
    EXPECT_TRUE(job) << problems;
    if (!job) return false;
    const ParameterSpace& space = job->steps.front().space;
    EXPECT_EQ(space.size(), expect.at("count").to_number<std::uint64_t>()) << id;
    bool passes = space.size() == expect.at("count").to_number<std::uint64_t>();
    if (const auto* at = expect.if_contains("at")) {
        for (const auto& item : at->as_object()) {
            const TaskParameters task = space.at(std::stoull(std::string(item.key())));
            for (const auto& expected : item.value().as_object()) {
                const std::string& value = task.at(std::string(expected.key())).value;
                EXPECT_EQ(value, text_of(expected.value())) << id;
                passes = passes && value == text_of(expected.value());
            }
        }
    }
    return passes;
}

TEST(Conformance, ParameterSpaces) {
    const auto file = shared_data() / "openjd/derived/parameter_space.json";
    ATELIER_NEED_DATA(file);
    const json::Array cases = cases_in(file);
    std::size_t passed = 0;
    for (const json::Value& value : cases) {
        const bool passes = space_vector_passes(value.as_object());
        EXPECT_TRUE(passes) << value.as_object().at("id") << value.as_object().at("template");
        passed += passes ? 1 : 0;
    }
    std::cout << "parameter space vectors: " << passed << " of " << cases.size() << " passed\n";
    EXPECT_EQ(cases.size(), 50u);
}

// Extensions that a sample names and that we don't have.
std::vector<std::string> lacking(const std::string& text) {
    std::vector<std::string> names;
    for (const std::string name : {"EXPR", "WRAP_ACTIONS"}) {
        const std::size_t list = text.find("extensions:");
        if (list != std::string::npos && text.substr(list, 200).find(name) != std::string::npos) names.push_back(name);
    }
    return names;
}

TEST(Conformance, PublicSamples) {
    const auto folder = shared_data() / "openjd-samples";
    ATELIER_NEED_DATA(folder);
    int checked = 0;
    int refused = 0;
    for (const auto& file : files_below(folder, ".yaml")) {
        const std::string text = read_file(file);
        const bool is_job = text.find("environment-2023-09") == std::string::npos;
        const std::string problems = check({text, Syntax::yaml, file.filename().string()}, is_job);
        const std::vector<std::string> missing = lacking(text);
        if (!missing.empty()) {
            for (const std::string& name : missing)
                EXPECT_NE(problems.find(name), std::string::npos) << file << "\n" << problems;
            ++refused;
        } else if (file.filename() == "gsplat_pipeline.template.yaml") {
            EXPECT_NE(problems.find("stands twice"), std::string::npos) << problems;
            EXPECT_EQ(problems.find('\n'), std::string::npos) << "nothing else is wrong with it: " << problems;
            ++refused;
        } else {
            EXPECT_EQ(problems, "") << file;
            ++checked;
        }
    }
    std::cout << "samples: " << checked << " are right, " << refused << " are refused as they must be\n";
    EXPECT_GT(checked, 20);
}

TEST(Conformance, TemplatesOfTheSuiteAndOfTheCommandLinesTests) {
    const auto folder = shared_data() / "openjd/openjd-rs/cli-templates";
    ATELIER_NEED_DATA(folder);
    int checked = 0;
    for (const auto& file : files_below(folder, ".yaml")) {
        const std::string text = read_file(file);
        if (!lacking(text).empty()) continue;
        const bool is_job = text.find("environment-2023-09") == std::string::npos;
        EXPECT_EQ(check({text, Syntax::yaml, file.filename().string()}, is_job), "") << file;
        ++checked;
    }
    std::cout << "command line templates: " << checked << " are right\n";
    EXPECT_GT(checked, 15);
}

}  // namespace
}  // namespace atelier::job
