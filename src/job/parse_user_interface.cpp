// userInterface of a parameter: hints for a form. They change nothing about a job, but wrong ones are told.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "job/parse.h"

namespace atelier::job {

namespace {

Names controls_of(ParameterType type) {
    switch (type) {
        case ParameterType::string: return {"LINE_EDIT", "MULTILINE_EDIT", "DROPDOWN_LIST", "CHECK_BOX", "HIDDEN"};
        case ParameterType::path:
            return {"CHOOSE_INPUT_FILE", "CHOOSE_OUTPUT_FILE", "CHOOSE_DIRECTORY", "DROPDOWN_LIST", "HIDDEN"};
        case ParameterType::integer:
        case ParameterType::real: return {"SPIN_BOX", "DROPDOWN_LIST", "HIDDEN"};
    }
    return {};
}

Names fields_of(ParameterType type) {
    switch (type) {
        case ParameterType::string: return {"control", "label", "groupLabel"};
        case ParameterType::path: return {"control", "label", "groupLabel", "fileFilters", "fileFilterDefault"};
        case ParameterType::integer: return {"control", "label", "groupLabel", "singleStepDelta"};
        case ParameterType::real: return {"control", "label", "groupLabel", "singleStepDelta", "decimals"};
    }
    return {};
}

bool is_check_box_pair(const std::vector<std::string>& values) {
    if (values.size() != 2) return false;
    const std::string a = lower(values[0]);
    const std::string b = lower(values[1]);
    for (const auto& [yes, no] : {std::pair{"true", "false"}, {"yes", "no"}, {"on", "off"}, {"1", "0"}})
        if ((a == yes && b == no) || (a == no && b == yes)) return true;
    return false;
}

// A control and the parameter's other fields must go together.
void check_control(Checker& checker, const Place& place, std::string_view control, const ParameterPart& parameter) {
    const bool has_allowed = parameter.allowed_values.has_value();
    if (control == "HIDDEN") return;
    if (control == "DROPDOWN_LIST" || control == "CHECK_BOX") {
        if (!has_allowed)
            checker.problem(place, fmt::format("{} needs allowedValues", control));
        else if (control == "CHECK_BOX" && !is_check_box_pair(*parameter.allowed_values))
            checker.problem(place,
                            "CHECK_BOX needs two allowedValues: true and false, yes and no, on and off, or 1 and 0");
        return;
    }
    if (has_allowed) checker.problem(place, fmt::format("{} can't be used with allowedValues", control));
    const bool is_directory = control == "CHOOSE_DIRECTORY";
    const bool is_file = control == "CHOOSE_INPUT_FILE" || control == "CHOOSE_OUTPUT_FILE";
    if (is_file && parameter.object_type == ObjectType::directory)
        checker.problem(place, fmt::format("{} needs the objectType FILE", control));
    if (is_directory && parameter.object_type == ObjectType::file)
        checker.problem(place, "CHOOSE_DIRECTORY needs the objectType DIRECTORY");
}

// "*", "*.*" or "*." and the characters of a file's extension.
void check_pattern(Checker& checker, const Place& place) {
    const auto pattern = checker.text(place, 1, max_file_pattern, Controls::refused);
    if (!pattern || *pattern == "*" || *pattern == "*.*") return;
    constexpr std::string_view forbidden = "\\/*?[]#%&{}<>$!'\":@`|=";
    const bool fits =
        pattern->starts_with("*.") && pattern->size() > 2 && pattern->find_first_of(forbidden, 2) == std::string::npos;
    if (!fits) checker.problem(place, fmt::format("{} isn't \"*\", \"*.*\" or \"*.extension\"", shown(*pattern)));
}

void check_label(Checker& checker, const Fields& fields, std::string_view key) {
    if (const auto label = fields.find(key)) checker.text(*label, 1, max_label, Controls::refused);
}

void check_file_filter(Checker& checker, const Place& place) {
    Fields fields(checker, place, {"label", "patterns"});
    if (fields.need("label")) check_label(checker, fields, "label");
    if (const auto patterns = fields.need("patterns"))
        for (const Place& pattern : checker.items(*patterns, 1))
            check_pattern(checker, pattern);
}

void check_step_delta(Checker& checker, const Place& place, ParameterType type) {
    if (type == ParameterType::integer) {
        checker.number_of(place, 1);
    } else if (place.node().kind != Node::Kind::integer && place.node().kind != Node::Kind::real) {
        checker.problem(place, fmt::format("must be a number, not {}", to_string(place.node().kind)));
    } else if (const auto value = parse_number(place.node().text); !value || *value <= 0) {
        checker.problem(place, "must be a finite number greater than 0");
    }
}

}  // namespace

void parse_user_interface(Checker& checker, const Place& place, const ParameterPart& parameter) {
    Fields fields(checker, place, fields_of(parameter.type));
    std::string_view control;  // none when it isn't said: then the fields below are hints for whichever is chosen
    if (const auto field = fields.find("control")) {
        const Names names = controls_of(parameter.type);
        if (const auto choice = checker.choice(*field, names)) {
            control = names[*choice];
            check_control(checker, *field, control, parameter);
        }
    }
    check_label(checker, fields, "label");
    check_label(checker, fields, "groupLabel");
    const auto only_with = [&](const Place& field, bool fits, std::string_view what) {
        if (!control.empty() && !fits) checker.problem(field, fmt::format("is only for {}", what));
    };
    const bool spins = control == "SPIN_BOX";
    const bool chooses_files = control == "CHOOSE_INPUT_FILE" || control == "CHOOSE_OUTPUT_FILE";
    if (const auto delta = fields.find("singleStepDelta")) {
        check_step_delta(checker, *delta, parameter.type);
        only_with(*delta, spins, "the control SPIN_BOX");
    }
    if (const auto decimals = fields.find("decimals")) {
        checker.number_of(*decimals, 0);
        only_with(*decimals, spins, "the control SPIN_BOX");
    }
    if (const auto filters = fields.find("fileFilters")) {
        for (const Place& filter : checker.items(*filters, 1, max_file_filters))
            check_file_filter(checker, filter);
        only_with(*filters, chooses_files, "controls that choose files");
    }
    if (const auto filter = fields.find("fileFilterDefault")) {
        check_file_filter(checker, *filter);
        only_with(*filter, chooses_files, "controls that choose files");
    }
}

}  // namespace atelier::job
