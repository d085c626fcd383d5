#include "cli/parameters.h"

#include "base/error.h"
#include "base/files.h"
#include "job/document.h"
#include "job/template.h"

namespace atelier::cli {

namespace {

constexpr std::string_view file_prefix = "file://";

void read_file_of_parameters(const std::string& file, std::map<std::string, std::string>& values) {
    const std::string text = read_file(file);
    std::vector<job::Problem> problems;
    const auto document = job::syntax_of(file) == job::Syntax::json ? job::parse_json(text, problems)
                                                                    : job::parse_yaml(text, problems);
    if (document && document->kind != job::Node::Kind::map)
        problems.push_back({"", document->mark, "a map of parameter names and values is expected"});
    if (!problems.empty() || !document) throw job::TemplateError(problems, file);
    for (const job::Node::Entry& entry : document->entries) {
        if (entry.value.kind == job::Node::Kind::list || entry.value.kind == job::Node::Kind::map)
            throw Error(Error::Kind::invalid, "the value of " + entry.key + " must be a text or a number", {}, file);
        values[entry.key] = entry.value.text;
    }
}

}  // namespace

std::map<std::string, std::string> read_parameters(const std::vector<std::string>& arguments) {
    std::map<std::string, std::string> values;
    for (const std::string& argument : arguments) {
        if (argument.starts_with(file_prefix)) {
            read_file_of_parameters(argument.substr(file_prefix.size()), values);
            continue;
        }
        const std::size_t equals = argument.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(Error::Kind::invalid, "\"" + argument + "\" is not a parameter",
                        "write -p NAME=VALUE, or -p file://FILE for a file of them");
        values[argument.substr(0, equals)] = argument.substr(equals + 1);
    }
    return values;
}

}  // namespace atelier::cli
