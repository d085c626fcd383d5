// The sources, and the keys that the section of each may have in the config: one table, by which the config is checked
// and the sources are opened.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace atelier::pipelines::sky {

struct SourceKey {
    enum class Kind { text, address, address_or_path, number, truth, date };
    std::string_view name;
    Kind kind = Kind::text;
    bool is_needed = false;
};

struct SourceKeys {
    std::string_view name;
    std::span<const SourceKey> keys;
};

std::span<const SourceKeys> sources();
std::string wrong_with(const SourceKey& key, const std::string& value);  // in words; empty: nothing

}  // namespace atelier::pipelines::sky
