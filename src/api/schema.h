// The JSON Schema of a described struct, made from the same description that reads and writes it: what is documented is
// what is sent. Only the sources that name routes include it.
#pragma once

#include <boost/describe.hpp>

#include "base/json_struct.h"

namespace atelier::api {

template <class T>
json::Object schema() {
    namespace traits = json::detail;
    json::Object schema;
    if constexpr (std::is_same_v<T, json::Value>) {
        // anything
    } else if constexpr (traits::HasText<T> || std::is_same_v<T, std::string>) {
        schema["type"] = "string";
    } else if constexpr (std::is_enum_v<T>) {
        schema["type"] = "string";
        json::Array names;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
            [&](auto entry) { names.emplace_back(entry.name); });
        schema["enum"] = std::move(names);
    } else if constexpr (std::is_same_v<T, bool>) {
        schema["type"] = "boolean";
    } else if constexpr (std::is_integral_v<T>) {
        schema["type"] = "integer";
    } else if constexpr (std::is_floating_point_v<T>) {
        schema["type"] = "number";
    } else if constexpr (traits::is_optional<T>::value) {
        return atelier::api::schema<typename T::value_type>();
    } else if constexpr (traits::is_vector<T>::value) {
        schema["type"] = "array";
        schema["items"] = atelier::api::schema<typename T::value_type>();
    } else if constexpr (traits::is_map<T>::value) {
        schema["type"] = "object";
        schema["additionalProperties"] = atelier::api::schema<typename T::mapped_type>();
    } else {
        schema["type"] = "object";
        json::Object properties;
        json::Array required;
        boost::mp11::mp_for_each<traits::members_of<T>>([&](auto member) {
            using Member = std::decay_t<decltype(std::declval<T>().*member.pointer)>;
            properties[member.name] = atelier::api::schema<Member>();
            if constexpr (!traits::is_optional<Member>::value) required.emplace_back(member.name);
        });
        schema["properties"] = std::move(properties);
        schema["required"] = std::move(required);
        schema["additionalProperties"] = false;
    }
    return schema;
}

}  // namespace atelier::api
