// Host requirements against what a worker has: what must be there, and what a session reserves while it lives.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "job/model.h"
#include "wire/exchange.h"

namespace atelier::farm {

using Amounts = std::map<std::string, double>;

class Requirement {
public:
    Requirement() = default;
    explicit Requirement(const job::HostRequirements& requirements);  // with the specification's defaults: one core

    const Amounts& reserved() const { return amounts_; }
    Requirement with_memory(double factor, double least_mib) const;  // after a failure for lack of memory

    // Could this worker ever run it / run it now, with `free` left?
    bool fits(const wire::Capabilities& capabilities) const;
    bool fits_now(const wire::Capabilities& capabilities, const Amounts& reserved_already) const;

    // What is missing, for people: "16 GB of memory (the largest worker has 8)". Empty when nothing is.
    std::string missing(const wire::Capabilities& capabilities) const;

    std::string key() const;  // equal requirements have equal keys

private:
    Amounts amounts_;
    std::vector<job::AttributeRequirement> attributes_;
};

void add(Amounts& to, const Amounts& amounts);
void subtract(Amounts& from, const Amounts& amounts);

}  // namespace atelier::farm
