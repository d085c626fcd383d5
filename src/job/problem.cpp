#include "job/problem.h"

#include <fmt/format.h>

namespace atelier::job {

std::string describe(const std::vector<Problem>& problems, const std::string& file) {
    std::string text;
    for (const Problem& problem : problems) {
        if (!text.empty()) text += '\n';
        text += file;
        if (problem.mark.line > 0) text += fmt::format(":{}:{}", problem.mark.line, problem.mark.column);
        text += ": ";
        if (!problem.path.empty()) text += problem.path + ": ";
        text += problem.message;
    }
    return text;
}

TemplateError::TemplateError(std::vector<Problem> problems, const std::string& file)
    : Error(Kind::invalid, describe(problems, file)), problems_(std::move(problems)) {}

}  // namespace atelier::job
