#include "job/definitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "job/values.h"

namespace atelier::job {

namespace {

std::string_view name_of(ParameterType type) {
    switch (type) {
        case ParameterType::string: return "STRING";
        case ParameterType::path: return "PATH";
        case ParameterType::integer: return "INT";
        case ParameterType::real: return "FLOAT";
    }
    return "STRING";
}

// Merges one more definition of a parameter into what came of those before it.
class Merger {
public:
    Merger(Checker& checker, ParameterPart& merged, const ParameterPart& next, const std::string& file)
        : checker_(checker), merged_(merged), next_(next), file_(file) {}

    void merge() {
        if (merged_.type != next_.type) {
            tell(fmt::format("is {} here and {} in a template before", name_of(next_.type), name_of(merged_.type)));
            return;
        }
        same(merged_.object_type, next_.object_type, "objectType");
        same(merged_.data_flow, next_.data_flow, "dataFlow");
        const auto numbers = [](std::int64_t a, std::int64_t b) { return a < b ? -1 : (a > b ? 1 : 0); };
        const auto values = [&](const std::string& a, const std::string& b) {
            return compare_values(next_.type, a, b);
        };
        narrow(merged_.min_length, next_.min_length, "minLength", 1, numbers);
        narrow(merged_.max_length, next_.max_length, "maxLength", -1, numbers);
        narrow(merged_.min_value, next_.min_value, "minValue", 1, values);
        narrow(merged_.max_value, next_.max_value, "maxValue", -1, values);
        intersect_allowed_values();
        if (next_.default_value) merged_.default_value = next_.default_value;
        if (!next_.description.empty()) merged_.description = next_.description;
        if (const auto why = why_inconsistent(merged_)) tell(*why);
    }

private:
    void tell(const std::string& message) {
        checker_.problem(Origin{"parameters." + next_.name, {}}, fmt::format("{} (in {})", message, file_));
    }

    template <class T>
    void same(std::optional<T>& merged, const std::optional<T>& next, const char* what) {
        if (merged && next && *merged != *next) tell(fmt::format("{} differs from that of a template before", what));
        if (next) merged = next;
    }

    // direction: 1 when a narrower bound is a greater one.
    template <class T, class Compare>
    void narrow(std::optional<T>& merged, const std::optional<T>& next, const char* what, int direction,
                Compare compare) {
        if (!next) return;
        if (merged && compare(*next, *merged) * direction < 0)
            tell(fmt::format("{} {} is wider than {} in a template before", what, *next, *merged));
        merged = next;
    }

    void intersect_allowed_values() {
        if (!next_.allowed_values) return;
        if (!merged_.allowed_values) {
            merged_.allowed_values = next_.allowed_values;
            return;
        }
        const auto& next = *next_.allowed_values;
        std::erase_if(*merged_.allowed_values, [&](const std::string& value) {
            return std::none_of(next.begin(), next.end(), [&](const std::string& other) {
                return compare_values(next_.type, value, other) == 0;
            });
        });
    }

    Checker& checker_;
    ParameterPart& merged_;
    const ParameterPart& next_;
    const std::string& file_;
};

void merge_into(Checker& checker, std::vector<ParameterPart>& merged, const std::vector<ParameterPart>& next,
                const std::string& file) {
    for (const ParameterPart& parameter : next) {
        const auto found =
            std::find_if(merged.begin(), merged.end(), [&](const auto& other) { return other.name == parameter.name; });
        if (found == merged.end())
            merged.push_back(parameter);
        else
            Merger(checker, *found, parameter, file).merge();
    }
}

}  // namespace

std::vector<ParameterPart> merge_parameters(Checker& checker, const JobTemplate& job_template,
                                            const std::vector<EnvironmentTemplate>& environments) {
    std::vector<ParameterPart> merged;
    for (const EnvironmentTemplate& environment : environments)
        merge_into(checker, merged, environment.parts().parameters, environment.parts().file);
    merge_into(checker, merged, job_template.parts().parameters, job_template.parts().file);
    return merged;
}

std::vector<ParameterDefinition> definitions_of(const std::vector<ParameterPart>& parameters) {
    std::vector<ParameterDefinition> definitions;
    definitions.reserve(parameters.size());
    for (const ParameterPart& parameter : parameters)
        definitions.push_back({parameter.name, parameter.type, parameter.object_type.value_or(ObjectType::directory),
                               parameter.data_flow.value_or(DataFlow::none), parameter.description,
                               parameter.default_value, parameter.allowed_values.value_or(std::vector<std::string>())});
    return definitions;
}

}  // namespace atelier::job
