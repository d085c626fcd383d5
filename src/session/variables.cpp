#include "session/variables.h"

namespace atelier::session {

bool VariableLayer::set(const std::string& name, const std::string& value) {
    const auto found = set_.find(name);
    const std::size_t size =
        size_ - (found == set_.end() ? 0 : name.size() + found->second.size()) + name.size() + value.size();
    if (size > largest_layer) return false;
    set_[name] = value;
    size_ = size;
    return true;
}

bool VariableLayer::unset(const std::string& name) {
    if (unset_.contains(name)) return true;
    if (size_ + name.size() > largest_layer) return false;
    unset_.insert(name);
    size_ += name.size();
    return true;
}

void VariableLayer::apply_to(Variables& variables) const {
    for (const auto& [name, value] : set_)
        variables[name] = value;
    for (const std::string& name : unset_)
        variables.erase(name);
}

std::vector<std::string> to_texts(const Variables& variables) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : variables)
        texts.push_back(name + "=" + value);
    return texts;
}

}  // namespace atelier::session
