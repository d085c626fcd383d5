// Actions, how they are canceled, and the files that are written for them.
#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "job/parse.h"
#include "job/values.h"

namespace atelier::job {

std::vector<FormatString> parse_args(Checker& checker, const Place& place, const Scopes& scopes) {
    std::vector<FormatString> args;
    for (const Place& item : checker.items(place, 1))
        if (auto arg = checker.format(item, scopes.host)) args.push_back(std::move(*arg));
    return args;
}

std::optional<Pending> parse_timeout(Checker& checker, const Place& place, const Scopes& scopes) {
    auto timeout = checker.pending_number(place, scopes.creation, checker.rules().feature_bundle_1);
    if (timeout && timeout->text.is_literal()) as_seconds(checker, timeout->origin, timeout->text.text());
    return timeout;
}

void parse_cancelation(Checker& checker, const Place& place, const Scopes& scopes, ActionPart& action) {
    Fields fields(checker, place, {"mode", "notifyPeriodInSeconds"});
    std::optional<CancelationMode> mode;
    if (const auto field = fields.need("mode")) {
        action.cancelation_mode = checker.pending(*field, scopes.creation);
        const bool expression = action.cancelation_mode && !action.cancelation_mode->text.is_literal();
        if (expression && !checker.rules().feature_bundle_1)
            checker.problem(*field, "a format string here needs the extension FEATURE_BUNDLE_1");
        else if (action.cancelation_mode && !expression)
            mode = as_cancelation_mode(checker, action.cancelation_mode->origin, action.cancelation_mode->text.text());
    }
    const auto period = fields.find_even_null("notifyPeriodInSeconds");
    if (!period) return;
    if (mode == CancelationMode::terminate) checker.problem(*period, "is only for the mode NOTIFY_THEN_TERMINATE");
    if (period->node().kind == Node::Kind::null) return;
    action.notify_period = checker.pending_number(*period, scopes.creation, checker.rules().feature_bundle_1);
    if (action.notify_period && action.notify_period->text.is_literal())
        as_notify_period(checker, action.notify_period->origin, action.notify_period->text.text());
}

ActionPart parse_action(Checker& checker, const Place& place, const Scopes& scopes) {
    Fields fields(checker, place, {"command", "args", "timeout", "cancelation"});
    ActionPart action;
    if (const auto command = fields.need("command")) {
        action.command = checker.format(*command, scopes.host, Controls::refused).value_or(FormatString());
        if (command->node().kind == Node::Kind::string && command->node().text.empty())
            checker.problem(*command, "must not be empty");
    }
    if (const auto args = fields.find("args")) action.args = parse_args(checker, *args, scopes);
    if (const auto timeout = fields.find("timeout")) action.timeout = parse_timeout(checker, *timeout, scopes);
    if (const auto cancelation = fields.find("cancelation")) parse_cancelation(checker, *cancelation, scopes, action);
    return action;
}

namespace {

// A file name is one component: what it is joined to must stay its folder.
std::optional<std::string> parse_file_name(Checker& checker, const Place& place) {
    auto name = checker.text(place, 1, max_file_name(checker.rules()), Controls::refused);
    if (!name) return std::nullopt;
    if (name->find_first_of("/\\") == std::string::npos && *name != "." && *name != "..") return name;
    checker.problem(place, "must be the name of a file, without a folder");
    return std::nullopt;
}

EmbeddedFile parse_embedded_file(Checker& checker, const Place& place, const Scope& host) {
    Fields fields(checker, place, {"name", "type", "filename", "runnable", "data", "endOfLine"});
    EmbeddedFile file;
    if (const auto name = fields.need("name")) file.name = checker.identifier(*name).value_or("");
    if (const auto type = fields.need("type")) checker.choice(*type, {"TEXT"});
    if (const auto filename = fields.find("filename")) file.filename = parse_file_name(checker, *filename);
    if (const auto runnable = fields.find("runnable")) file.runnable = checker.boolean(*runnable).value_or(false);
    if (const auto data = fields.need("data")) {
        file.data = checker.format(*data, host).value_or(FormatString());
        if (data->node().kind == Node::Kind::string && data->node().text.empty())
            checker.problem(*data, "must not be empty");
    }
    if (const auto end_of_line = fields.find("endOfLine")) {
        if (!checker.rules().feature_bundle_1) checker.problem(*end_of_line, "needs the extension FEATURE_BUNDLE_1");
        if (const auto choice = checker.choice(*end_of_line, {"AUTO", "LF", "CRLF"}))
            file.end_of_line = static_cast<EndOfLine>(*choice);
    }
    return file;
}

}  // namespace

void add_file_names(const Place& place, std::string_view prefix, Scope& scope) {
    for (const Node& item : place.node().items)
        if (const Node::Entry* name = item.find("name"); name != nullptr && is_identifier(name->value.text))
            scope.add(std::string(prefix) + name->value.text, ValueType::path);
}

std::vector<EmbeddedFile> parse_embedded_files(Checker& checker, const Place& place, const Scope& host) {
    std::vector<EmbeddedFile> files;
    std::set<std::string> names;
    for (const Place& item : checker.items(place, 1)) {
        EmbeddedFile file = parse_embedded_file(checker, item, host);
        if (!file.name.empty() && !names.insert(file.name).second)
            checker.problem(item, fmt::format("the name {} is taken by another file", file.name));
        files.push_back(std::move(file));
    }
    return files;
}

}  // namespace atelier::job
