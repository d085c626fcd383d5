// Which names a format string may use, and of what type they are: known before any value is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::job {

// What a name comes to. Today every value is text in the end; the extension EXPR will calculate with these.
enum class ValueType { string, path, integer, real };

class Scope {
public:
    Scope() = default;
    explicit Scope(const Scope* outer)
        : outer_(outer) {}  // has the names of the outer one too, and must not outlive it

    void add(std::string name, ValueType type) { names_.insert_or_assign(std::move(name), type); }
    bool has(std::string_view name) const { return type_of(name).has_value(); }
    std::optional<ValueType> type_of(std::string_view name) const;

    // Why a name can't be used here, for a person: what was meant, or where it can be used.
    std::string explain_missing(std::string_view name) const;

private:
    std::vector<std::string> all_names() const;

    const Scope* outer_ = nullptr;
    std::map<std::string, ValueType, std::less<>> names_;
};

struct ParameterPart;

// What is known when the job is made: parameters, those of paths by RawParam alone.
Scope creation_scope(const std::vector<ParameterPart>& parameters);

// What is known on the worker besides: paths after mapping, and the session.
Scope host_scope(const std::vector<ParameterPart>& parameters);

}  // namespace atelier::job
