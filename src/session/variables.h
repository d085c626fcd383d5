// The environment variables of a session: a base, and a layer for each environment that is entered.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace atelier::session {

using Variables = std::map<std::string, std::string>;

constexpr std::size_t largest_layer = 1 << 20;  // bytes of names and values

class VariableLayer {
public:
    // False when the layer holds as much as a process could be given already.
    bool set(const std::string& name, const std::string& value);
    bool unset(const std::string& name);  // wins over every set in the same layer

    void apply_to(Variables& variables) const;

private:
    Variables set_;
    std::size_t size_ = 0;
    std::set<std::string> unset_;
};

// NAME=VALUE, as a process takes them.
std::vector<std::string> to_texts(const Variables& variables);

}  // namespace atelier::session
