// parameterDefinitions: what a job asks for before it can be made.
#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "job/parse.h"
#include "job/values.h"

namespace atelier::job {

namespace {

Names fields_of(ParameterType type) {
    switch (type) {
        case ParameterType::string:
            return {"name",          "type",      "description", "default",
                    "allowedValues", "minLength", "maxLength",   "userInterface"};
        case ParameterType::path:
            return {"name",      "type",      "description", "default",  "allowedValues",
                    "minLength", "maxLength", "objectType",  "dataFlow", "userInterface"};
        case ParameterType::integer:
        case ParameterType::real:
            return {"name", "type", "description", "default", "allowedValues", "minValue", "maxValue", "userInterface"};
    }
    return {};
}

// The fields that stand there depend on the type, so it is read first.
std::optional<ParameterType> parse_type(Checker& checker, const Place& place) {
    const Node::Entry* entry = place.node().find("type");
    if (place.node().kind != Node::Kind::map) {
        checker.problem(place, fmt::format("must be a map, not {}", to_string(place.node().kind)));
    } else if (entry == nullptr) {
        checker.problem(place, "\"type\" is missing");
    } else {
        const Place type(place, *entry);
        const std::string& name = entry->value.text;
        for (const std::string_view later : {"BOOL", "RANGE_EXPR"})
            if (name == later) return checker.problem(type, name + " needs the extension EXPR"), std::nullopt;
        if (name.starts_with("LIST[")) return checker.problem(type, name + " needs the extension EXPR"), std::nullopt;
        if (const auto choice = checker.choice(type, {"STRING", "PATH", "INT", "FLOAT"}))
            return static_cast<ParameterType>(*choice);
    }
    return std::nullopt;
}

std::optional<std::string> parse_value(Checker& checker, const Place& place, ParameterType type) {
    if (type == ParameterType::integer) return checker.integer_text(place);
    if (type == ParameterType::real) return checker.real_text(place);
    return checker.text(place, 0, max_parameter_value, Controls::allowed);
}

std::vector<std::string> parse_allowed_values(Checker& checker, const Place& place, ParameterType type) {
    std::vector<std::string> values;
    for (const Place& item : checker.items(place, 1))
        if (auto value = parse_value(checker, item, type)) values.push_back(std::move(*value));
    return values;
}

void parse_bounds(Checker& checker, Fields& fields, ParameterPart& parameter) {
    const auto length = [&](const char* key, std::int64_t min) -> std::optional<std::int64_t> {
        const auto place = fields.find(key);
        return place ? checker.number_of(*place, min) : std::nullopt;
    };
    const auto value = [&](const char* key) -> std::optional<std::string> {
        const auto place = fields.find(key);
        return place ? parse_value(checker, *place, parameter.type) : std::nullopt;
    };
    if (parameter.type == ParameterType::string || parameter.type == ParameterType::path) {
        parameter.min_length = length("minLength", 0);
        parameter.max_length = length("maxLength", 1);
    } else {
        parameter.min_value = value("minValue");
        parameter.max_value = value("maxValue");
    }
}

// Every allowed value must itself fit the other constraints.
void check_allowed_values(Checker& checker, const Place& place, const ParameterPart& parameter) {
    ParameterPart bounds = parameter;
    bounds.allowed_values.reset();
    for (std::size_t i = 0; i < parameter.allowed_values->size(); ++i)
        if (const auto why = why_unfit(bounds, (*parameter.allowed_values)[i])) checker.problem(place, *why);
}

ParameterPart parse_parameter(Checker& checker, const Place& place, ParameterType type) {
    Fields fields(checker, place, fields_of(type));
    ParameterPart parameter;
    parameter.type = type;
    parameter.origin = place.origin();
    if (const auto name = fields.need("name")) parameter.name = checker.identifier(*name).value_or("");
    if (const auto description = fields.find("description"))
        parameter.description = checker.text(*description, 1, max_description, Controls::line_ends).value_or("");
    if (const auto object_type = fields.find("objectType"))
        if (const auto choice = checker.choice(*object_type, {"FILE", "DIRECTORY"}))
            parameter.object_type = static_cast<ObjectType>(*choice);
    if (const auto data_flow = fields.find("dataFlow"))
        if (const auto choice = checker.choice(*data_flow, {"NONE", "IN", "OUT", "INOUT"}))
            parameter.data_flow = static_cast<DataFlow>(*choice);
    parse_bounds(checker, fields, parameter);
    if (const auto allowed = fields.find_even_null("allowedValues")) {
        auto values = parse_allowed_values(checker, *allowed, type);
        if (!values.empty()) {
            parameter.allowed_values = std::move(values);
            check_allowed_values(checker, *allowed, parameter);
        }
    }
    if (const auto value = fields.find("default")) parameter.default_value = parse_value(checker, *value, type);
    if (const auto why = why_inconsistent(parameter)) checker.problem(fields.find("default").value_or(place), *why);
    if (const auto interface = fields.find("userInterface")) parse_user_interface(checker, *interface, parameter);
    return parameter;
}

}  // namespace

std::vector<ParameterPart> parse_parameters(Checker& checker, const Place& place, std::size_t max) {
    std::vector<ParameterPart> parameters;
    std::set<std::string> names;
    for (const Place& item : checker.items(place, 1, max)) {
        const auto type = parse_type(checker, item);
        if (!type) continue;
        ParameterPart parameter = parse_parameter(checker, item, *type);
        if (parameter.name.empty()) continue;
        if (!names.insert(parameter.name).second)
            checker.problem(item, fmt::format("the name {} is taken by another parameter", parameter.name));
        parameters.push_back(std::move(parameter));
    }
    return parameters;
}

}  // namespace atelier::job
