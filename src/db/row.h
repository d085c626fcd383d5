// What goes into a statement and comes out of it: values that are bound, the columns of a row, and how C++ types become
// them; and the tables that there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace atelier::db {

// A value that is bound: text is only looked at, so it must live until the call returns.
using Bound = std::variant<std::nullptr_t, std::int64_t, double, std::string_view>;

// The current row of a query.
class Row {
public:
    virtual ~Row() = default;
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual double real(int column) const = 0;
    virtual std::string_view text(int column) const = 0;  // until the next row
};

struct Column {
    enum class Kind { integer, real, text };
    std::string name;
    Kind kind = Kind::text;
};

struct Table {
    std::string name;
    std::vector<Column> columns;
};

namespace detail {

template <class T>
struct optional_of : std::false_type {
    using type = T;
};
template <class T>
struct optional_of<std::optional<T>> : std::true_type {
    using type = T;
};

template <class T>
Bound bound(const T& value) {
    if constexpr (std::is_same_v<T, std::nullptr_t>)
        return nullptr;
    else if constexpr (optional_of<T>::value)
        return value ? bound(*value) : Bound(nullptr);
    else if constexpr (std::is_same_v<T, bool> || std::is_integral_v<T>)
        return static_cast<std::int64_t>(value);
    else if constexpr (std::is_enum_v<T>)
        return static_cast<std::int64_t>(value);
    else if constexpr (std::is_floating_point_v<T>)
        return static_cast<double>(value);
    else
        return std::string_view(value);
}

template <class T>
T column(const Row& row, int index) {
    if constexpr (optional_of<T>::value) {
        if (row.is_null(index)) return std::nullopt;
        return column<typename optional_of<T>::type>(row, index);
    } else if constexpr (std::is_same_v<T, bool>) {
        return row.integer(index) != 0;
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
        return static_cast<T>(row.integer(index));
    } else if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(row.real(index));
    } else {
        return T(row.text(index));
    }
}

template <class... C, std::size_t... I>
std::tuple<C...> columns(const Row& row, std::index_sequence<I...>) {
    return std::tuple<C...>(column<C>(row, static_cast<int>(I))...);
}

}  // namespace detail

}  // namespace atelier::db
