// parameterSpace: the task parameters of a step and how they are combined.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "job/parse.h"
#include "job/space_builder.h"
#include "job/values.h"

namespace atelier::job {

namespace {

void parse_range(Checker& checker, const Place& place, const Scope& creation, TaskParameterPart& parameter) {
    const bool numbers = parameter.type != TaskParameterType::string && parameter.type != TaskParameterType::path;
    const bool integers = numbers && parameter.type != TaskParameterType::real;
    if (integers && place.node().kind == Node::Kind::string) {
        parameter.expression = checker.pending(place, creation);
        if (parameter.expression && parameter.expression->text.is_literal())
            as_range(checker, *parameter.expression, {});
        return;
    }
    for (const Place& item : checker.items(place, 1, max_range_elements)) {
        const Node::Kind kind = item.node().kind;
        if (integers && kind == Node::Kind::real) {
            checker.problem(item, "must be an integer, not a number with a fraction");
            continue;
        }
        auto value = numbers ? checker.pending_number(item, creation, true) : checker.pending(item, creation);
        if (!value) continue;
        if (value->text.is_literal()) as_task_value(checker, value->origin, parameter.type, value->text.text());
        parameter.values.push_back(std::move(*value));
    }
}

std::optional<Pending> parse_count(Checker& checker, const Place& place, const Scope& creation, std::int64_t min) {
    auto count = checker.pending_number(place, creation, true);
    if (count && count->text.is_literal()) as_integer(checker, count->origin, count->text.text(), min);
    return count;
}

ChunksPart parse_chunks(Checker& checker, const Place& place, const Scope& creation) {
    Fields fields(checker, place, {"defaultTaskCount", "targetRuntimeSeconds", "rangeConstraint"});
    ChunksPart chunks;
    if (const auto count = fields.need("defaultTaskCount"))
        if (auto value = parse_count(checker, *count, creation, 1)) chunks.default_task_count = std::move(*value);
    if (const auto seconds = fields.find("targetRuntimeSeconds"))
        chunks.target_runtime_seconds = parse_count(checker, *seconds, creation, 0);
    if (const auto constraint = fields.need("rangeConstraint"))
        chunks.contiguous = checker.choice(*constraint, {"CONTIGUOUS", "NONCONTIGUOUS"}) != 1u;
    return chunks;
}

TaskParameterPart parse_task_parameter(Checker& checker, const Place& place, const Scope& creation) {
    const Node::Entry* type_entry = place.node().find("type");
    const bool is_chunk = type_entry != nullptr && type_entry->value.text == "CHUNK[INT]";
    Fields fields(checker, place, is_chunk ? Names{"name", "type", "range", "chunks"} : Names{"name", "type", "range"});
    TaskParameterPart parameter;
    parameter.origin = place.origin();
    if (const auto name = fields.need("name")) parameter.name = checker.identifier(*name).value_or("");
    const auto type = fields.need("type");
    const auto choice = type ? checker.choice(*type, {"INT", "FLOAT", "STRING", "PATH", "CHUNK[INT]"}) : std::nullopt;
    if (!choice) return parameter;
    parameter.type = static_cast<TaskParameterType>(*choice);
    if (is_chunk && !checker.rules().task_chunking)
        checker.problem(*type, "CHUNK[INT] needs the extension TASK_CHUNKING");
    if (const auto range = fields.need("range")) parse_range(checker, *range, creation, parameter);
    if (is_chunk)
        if (const auto chunks = fields.need("chunks")) parameter.chunks = parse_chunks(checker, *chunks, creation);
    return parameter;
}

struct Use {
    std::size_t times = 0;
    bool associated = false;
};

void count_uses(const Combination& combination, bool associated, std::map<std::string, Use>& uses) {
    if (combination.kind == Combination::Kind::name) {
        Use& use = uses[combination.name];
        ++use.times;
        use.associated = use.associated || associated;
    }
    associated = associated || combination.kind == Combination::Kind::association;
    for (const Combination& part : combination.parts)
        count_uses(part, associated, uses);
}

// Each parameter exactly once, chunks in no association.
void check_combination(Checker& checker, const Place& place, const SpacePart& space) {
    std::map<std::string, Use> uses;
    count_uses(*space.combination, false, uses);
    for (const TaskParameterPart& parameter : space.parameters) {
        const Use use = uses[parameter.name];
        if (use.times == 0) checker.problem(place, fmt::format("{} is missing", parameter.name));
        if (use.times > 1) checker.problem(place, fmt::format("{} stands there {} times", parameter.name, use.times));
        if (use.associated && parameter.type == TaskParameterType::chunk)
            checker.problem(
                place, fmt::format("{} is cut into chunks, so it can't be part of an association", parameter.name));
        uses.erase(parameter.name);
    }
    for (const auto& [name, use] : uses)
        checker.problem(place, fmt::format("{} isn't a task parameter of this step", shown(name)));
}

void parse_combination_field(Checker& checker, const Place& place, SpacePart& space) {
    const auto text = checker.text(place, 1, max_combination, Controls::allowed);
    if (!text) return;
    try {
        space.combination = parse_combination(*text);
        check_combination(checker, place, space);
    } catch (const Error& error) {
        checker.problem(place, error.what());
    }
}

// What doesn't depend on the job's parameters can be told at once.
void check_literal(Checker& checker, const SpacePart& space) {
    const auto is_literal = [](const Pending& pending) { return pending.text.is_literal(); };
    for (const TaskParameterPart& parameter : space.parameters) {
        if (parameter.expression && !is_literal(*parameter.expression)) return;
        if (!std::all_of(parameter.values.begin(), parameter.values.end(), is_literal)) return;
        if (parameter.chunks && !is_literal(parameter.chunks->default_task_count)) return;
    }
    build_space(checker, space, {});
}

}  // namespace

SpacePart parse_space(Checker& checker, const Place& place, const Scope& creation) {
    Fields fields(checker, place, {"taskParameterDefinitions", "combination"});
    SpacePart space;
    space.origin = place.origin();
    const std::size_t problems_before = checker.problem_count();
    if (const auto definitions = fields.need("taskParameterDefinitions")) {
        std::set<std::string> names;
        for (const Place& item : checker.items(*definitions, 1, max_task_parameters)) {
            TaskParameterPart parameter = parse_task_parameter(checker, item, creation);
            if (!parameter.name.empty() && !names.insert(parameter.name).second)
                checker.problem(item, fmt::format("the name {} is taken by another task parameter", parameter.name));
            space.parameters.push_back(std::move(parameter));
        }
        const auto is_chunk = [](const TaskParameterPart& parameter) {
            return parameter.type == TaskParameterType::chunk;
        };
        if (std::count_if(space.parameters.begin(), space.parameters.end(), is_chunk) > 1)
            checker.problem(*definitions, "only one CHUNK[INT] is allowed in a step");
    }
    if (const auto combination = fields.find_even_null("combination"))
        parse_combination_field(checker, *combination, space);
    if (checker.problem_count() == problems_before) check_literal(checker, space);
    return space;
}

}  // namespace atelier::job
