// hostRequirements: what a worker must have for a step's tasks.
#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "job/capabilities.h"
#include "job/parse.h"
#include "job/values.h"

namespace atelier::job {

namespace {

// Lower case, since names are compared without case; told when it is taken.
std::string parse_name(Checker& checker, Fields& fields, CapabilityKind kind, std::set<std::string>& names) {
    const auto field = fields.need("name");
    const auto name = field ? checker.text(*field, 1, no_limit, Controls::allowed) : std::nullopt;
    if (!name) return {};
    if (const auto why = why_not_capability(kind, *name)) {
        checker.problem(*field, *why);
        return {};
    }
    std::string key = lower(*name);
    if (!names.insert(key).second) checker.problem(*field, fmt::format("{} is asked for twice", *name));
    return key;
}

std::optional<Pending> parse_amount_bound(Checker& checker, const Place& place, const Scope& creation) {
    return checker.pending_number(place, creation, checker.rules().feature_bundle_1);
}

AmountPart parse_amount(Checker& checker, const Place& place, const Scope& creation, std::set<std::string>& names) {
    Fields fields(checker, place, {"name", "min", "max"});
    AmountPart amount;
    amount.origin = place.origin();
    amount.name = parse_name(checker, fields, CapabilityKind::amount, names);
    const auto min_field = fields.find("min");
    const auto max_field = fields.find("max");
    if (place.node().kind == Node::Kind::map && !min_field && !max_field)
        checker.problem(place, "\"min\" or \"max\" is needed");
    if (min_field) amount.min = parse_amount_bound(checker, *min_field, creation);
    if (max_field) amount.max = parse_amount_bound(checker, *max_field, creation);
    std::optional<double> min;
    std::optional<double> max;
    if (amount.min && amount.min->text.is_literal())
        min = as_amount(checker, amount.min->origin, amount.min->text.text(), true);
    if (amount.max && amount.max->text.is_literal())
        max = as_amount(checker, amount.max->origin, amount.max->text.text(), false);
    if (min && max && *min > *max) checker.problem(place, fmt::format("min {} is greater than max {}", *min, *max));
    return amount;
}

std::vector<Pending> parse_values(Checker& checker, const Place& place, const Scope& creation,
                                  const std::string& attribute) {
    std::vector<Pending> values;
    for (const Place& item : checker.items(place, 1, max_attribute_values)) {
        auto value = checker.pending(item, creation);
        if (!value) continue;
        if (value->text.is_literal()) as_attribute_value(checker, value->origin, attribute, value->text.text());
        values.push_back(std::move(*value));
    }
    return values;
}

AttributePart parse_attribute(Checker& checker, const Place& place, const Scope& creation,
                              std::set<std::string>& names) {
    Fields fields(checker, place, {"name", "anyOf", "allOf"});
    AttributePart attribute;
    attribute.name = parse_name(checker, fields, CapabilityKind::attribute, names);
    const auto any_of = fields.find_even_null("anyOf");
    const auto all_of = fields.find_even_null("allOf");
    if (place.node().kind == Node::Kind::map && !any_of && !all_of)
        checker.problem(place, "\"anyOf\" or \"allOf\" is needed");
    if (any_of) attribute.any_of = parse_values(checker, *any_of, creation, attribute.name);
    if (all_of) attribute.all_of = parse_values(checker, *all_of, creation, attribute.name);
    if (attribute.all_of.size() > 1 && is_single_valued(attribute.name))
        checker.problem(*all_of, fmt::format("a host has one value of {} only", attribute.name));
    return attribute;
}

}  // namespace

HostRequirementsPart parse_host_requirements(Checker& checker, const Place& place, const Scope& creation) {
    Fields fields(checker, place, {"amounts", "attributes"});
    HostRequirementsPart requirements;
    const auto amounts = fields.find_even_null("amounts");
    const auto attributes = fields.find_even_null("attributes");
    if (place.node().kind == Node::Kind::map && !amounts && !attributes)
        checker.problem(place, "\"amounts\" or \"attributes\" is needed");
    std::set<std::string> amount_names;
    std::set<std::string> attribute_names;
    if (amounts)
        for (const Place& item : checker.items(*amounts, 1))
            requirements.amounts.push_back(parse_amount(checker, item, creation, amount_names));
    if (attributes)
        for (const Place& item : checker.items(*attributes, 1))
            requirements.attributes.push_back(parse_attribute(checker, item, creation, attribute_names));
    const std::size_t count = requirements.amounts.size() + requirements.attributes.size();
    if (count > max_requirements)
        checker.problem(place, fmt::format("has {} requirements; at most {} are allowed", count, max_requirements));
    return requirements;
}

}  // namespace atelier::job
