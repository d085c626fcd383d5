// Structs to JSON and back, by Boost.Describe. Reading keeps defaults for what is missing, refuses unknown keys, and
// names the place of an error ("frames[2].name: not a string"). A member that is an optional is left out when it is
// empty. Include it only in the few sources that convert: BOOST_DESCRIBE_STRUCT(Type, (), (member, ...)) stands beside
// the struct.
#pragma once

#include <boost/describe.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_traits.h"

namespace atelier::json {

template <class T>
Value write(const T& value) {
    if constexpr (std::is_same_v<T, Value>) {
        return value;
    } else if constexpr (std::is_enum_v<T>) {
        return Value(detail::name_of(value));
    } else if constexpr (detail::HasText<T>) {
        return Value(value.to_text());
    } else if constexpr (std::is_arithmetic_v<T> || std::is_convertible_v<T, std::string_view>) {
        return Value(value);
    } else if constexpr (detail::is_optional<T>::value) {
        return value ? write(*value) : Value(nullptr);
    } else if constexpr (detail::is_vector<T>::value) {
        Array array;
        for (const auto& item : value)
            array.push_back(write(item));
        return array;
    } else if constexpr (detail::is_map<T>::value) {
        Object object;
        for (const auto& [key, item] : value)
            object[key] = write(item);
        return object;
    } else {
        Object object;
        boost::mp11::mp_for_each<detail::members_of<T>>([&](auto member) {
            const auto& item = value.*member.pointer;
            if constexpr (detail::is_optional<std::decay_t<decltype(item)>>::value) {
                if (!item) return;
            }
            object[member.name] = write(item);
        });
        return object;
    }
}

namespace detail {

template <class T>
void read_at(const Place& where, const Value& from, T& to) {
    if constexpr (std::is_same_v<T, Value>) {
        to = from;
    } else if constexpr (HasText<T>) {
        if (!from.is_string()) refuse(where, "not a string");
        try {
            to = T::from_text(std::string_view(from.get_string()));
        } catch (const Error& error) {
            refuse(where, error.what());
        }
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!from.is_bool()) refuse(where, "true or false is expected");
        to = from.get_bool();
    } else if constexpr (std::is_enum_v<T>) {
        bool found = false;
        if (from.is_string())
            boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto entry) {
                if (from.get_string() == entry.name) {
                    to = entry.value;
                    found = true;
                }
            });
        if (!found) refuse(where, "not one of the known names");
    } else if constexpr (std::is_integral_v<T>) {
        const auto fits = [](auto number) { return std::in_range<T>(number); };
        if (from.is_int64() && fits(from.get_int64()))
            to = static_cast<T>(from.get_int64());
        else if (from.is_uint64() && fits(from.get_uint64()))
            to = static_cast<T>(from.get_uint64());
        else
            refuse(where, "not a whole number in range");
    } else if constexpr (std::is_floating_point_v<T>) {
        if (!from.is_number()) refuse(where, "not a number");
        to = from.to_number<T>();
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (!from.is_string()) refuse(where, "not a string");
        to.assign(from.get_string().begin(), from.get_string().end());
    } else if constexpr (is_optional<T>::value) {
        if (from.is_null()) {
            to.reset();
        } else {
            to.emplace();
            read_at(where, from, *to);
        }
    } else if constexpr (is_vector<T>::value) {
        if (!from.is_array()) refuse(where, "not a list");
        to.clear();
        for (const auto& item : from.get_array()) {
            to.emplace_back();
            read_at({&where, {}, to.size() - 1, true}, item, to.back());
        }
    } else if constexpr (is_map<T>::value) {
        if (!from.is_object()) refuse(where, "not an object");
        to.clear();
        for (const auto& item : from.get_object())
            read_at({&where, item.key()}, item.value(), to[item.key()]);
    } else {
        if (!from.is_object()) refuse(where, "not an object");
        for (const auto& item : from.get_object()) {
            bool known = false;
            boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
                if (item.key() != member.name) return;
                known = true;
                read_at({&where, item.key()}, item.value(), to.*member.pointer);
            });
            if (!known) refuse({&where, item.key()}, "unknown key");
        }
    }
}

}  // namespace detail

template <class T>
void read(const Value& from, T& to) {
    detail::read_at({}, from, to);
}

template <class T>
T read(const Value& from) {
    T value{};
    read(from, value);
    return value;
}

}  // namespace atelier::json
