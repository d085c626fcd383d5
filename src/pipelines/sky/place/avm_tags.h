// The tags of AVM 1.2, in the order in which they are shown: where they stand in XMP, and what they may hold.
#pragma once

#include <span>
#include <string_view>

namespace atelier::pipelines::sky {

enum class AvmKind { text, url, number, capitalized, upper, list, capitalized_list, numbers };

struct AvmTag {
    std::string_view name;   // "Spatial.Scale"; those of a group stand together
    std::string_view space;  // short name of the XML namespace
    std::string_view local;  // in it
    AvmKind kind = AvmKind::text;
    std::span<const std::string_view> vocabulary = {};
    std::size_t length = 0;  // of numbers; 0: any
};

std::span<const AvmTag> avm_tags();
const AvmTag* find_avm_tag(std::string_view space, std::string_view local);
const AvmTag& avm_tag(std::string_view name);

// The short name of an XML namespace that tags stand in, or nothing.
std::string_view avm_space(std::string_view uri);

}  // namespace atelier::pipelines::sky
