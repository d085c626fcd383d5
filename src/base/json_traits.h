// What base/json_struct.h needs to tell types apart and to name places; nothing for others to include.
#pragma once

#include <boost/describe.hpp>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace atelier::json {

namespace detail {

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type {};

// A type with a text of its own, as Instant has.
template <class T>
concept HasText = requires(const T& value) {
    { value.to_text() } -> std::same_as<std::string>;
    { T::from_text(std::string_view()) } -> std::same_as<T>;
};

// Where a value stands; it becomes text only when something is wrong there.
struct Place {
    const Place* above = nullptr;
    std::string_view key = {};
    std::size_t index = 0;
    bool is_item = false;

    std::string text() const {
        const std::string before = above == nullptr ? "" : above->text();
        if (is_item) return before + "[" + std::to_string(index) + "]";
        return before.empty() || key.empty() ? before + std::string(key) : before + "." + std::string(key);
    }
};

[[noreturn]] inline void refuse(const Place& place, const std::string& why) {
    const std::string where = place.text();
    throw Error(Error::Kind::invalid, where.empty() ? why : where + ": " + why, {}, where);
}

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class E>
std::string name_of(E value) {
    std::string name;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto entry) {
        if (entry.value == value) name = entry.name;
    });
    return name;
}

}  // namespace detail

}  // namespace atelier::json
