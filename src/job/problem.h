// What is wrong with a template: every error with its path, line and column, all of them at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"

namespace atelier::job {

struct Mark {
    int line = 0;  // counted from 1; 0 = not known
    int column = 0;
};

struct Problem {
    std::string path;  // steps[1].parameterSpace.combination
    Mark mark;
    std::string message;
};

// Of one document; more would help nobody, and a hostile one has millions.
constexpr std::size_t max_problems = 1000;

// "template.yaml:12:7: steps[1].name: …", one line a problem.
std::string describe(const std::vector<Problem>& problems, const std::string& file);

class TemplateError : public Error {
public:
    TemplateError(std::vector<Problem> problems, const std::string& file);
    const std::vector<Problem>& problems() const { return problems_; }

private:
    std::vector<Problem> problems_;
};

}  // namespace atelier::job
