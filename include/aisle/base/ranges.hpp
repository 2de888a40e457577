#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// The algorithms of std::ranges that this library uses and libc++ 14 has not, with projections and without
/// constraints: they take whatever std::begin and std::end take. Iterators are of lvalues alone. Loops, where
/// a loop is as short as the call: every program of the headers alone parses and instantiates all of them.
namespace ranges {

struct identity {
  template <class T>
  constexpr T&& operator()(T&& v) const noexcept {
    return static_cast<T&&>(v);
  }
};

/// What a function or a pointer to a member takes from an element. Not std::invoke, which asks a dozen
/// traits.
template <class Projection, class T>
constexpr decltype(auto) project(const Projection& projection, T&& v) {
  if constexpr (std::is_member_object_pointer_v<Projection>)
    return (v.*projection);
  else
    return projection(v);
}

template <class Range, class Predicate, class Projection = identity>
auto find_if(Range& range, const Predicate& predicate, const Projection& projection = {}) {
  auto at = std::begin(range);
  for (const auto end = std::end(range); at != end && !predicate(project(projection, *at));) ++at;
  return at;
}
template <class Range, class Value, class Projection = identity>
auto find(Range& range, const Value& value, const Projection& projection = {}) {
  auto at = std::begin(range);
  for (const auto end = std::end(range); at != end && !(project(projection, *at) == value);) ++at;
  return at;
}

template <class Range, class Predicate>
bool any_of(const Range& range, const Predicate& predicate) {
  for (const auto& v : range)
    if (predicate(v)) return true;
  return false;
}
template <class Range, class Predicate>
bool all_of(const Range& range, const Predicate& predicate) {
  for (const auto& v : range)
    if (!predicate(v)) return false;
  return true;
}
template <class Range, class Predicate>
bool none_of(const Range& range, const Predicate& predicate) {
  return !any_of(range, predicate);
}
template <class Range, class Predicate>
std::ptrdiff_t count_if(const Range& range, const Predicate& predicate) {
  std::ptrdiff_t n = 0;
  for (const auto& v : range)
    if (predicate(v)) ++n;
  return n;
}
template <class Range, class Value>
std::ptrdiff_t count(const Range& range, const Value& value) {
  std::ptrdiff_t n = 0;
  for (const auto& v : range)
    if (v == value) ++n;
  return n;
}
template <class A, class B>
bool equal(const A& a, const B& b) {
  return std::equal(std::begin(a), std::end(a), std::begin(b), std::end(b));
}

template <class Range, class Output>
void copy(const Range& range, Output out) {
  std::copy(std::begin(range), std::end(range), out);
}
template <class Range, class Output, class Function>
void transform(const Range& range, Output out, const Function& function) {
  for (const auto& v : range) *out++ = function(v);
}
/// A span's elements too, of a temporary span as well.
template <class Range, class Value>
void fill(Range&& range, const Value& value) {
  std::fill(std::begin(range), std::end(range), value);
}
template <class Range, class Value>
void replace(Range& range, const Value& before, const Value& after) {
  std::replace(std::begin(range), std::end(range), before, after);
}

namespace detail {
/// The numbers of `count` elements in the order of the elements, equal ones as they stand.
inline std::vector<std::size_t> stable_order(std::size_t count, const void* elements,
                                             bool (*less)(const void* elements, std::size_t, std::size_t)) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return less(elements, a, b) || (a < b && !less(elements, b, a));
  });
  return order;
}
}  // namespace detail

/// Of a vector. Sorts numbers, so that all types share one sort: std::stable_sort makes 2 KB of code for
/// each.
template <class T, class Compare = std::less<>, class Projection = identity>
void stable_sort(std::vector<T>& range, Compare compare = {}, Projection projection = {}) {
  const auto less = [&](std::size_t a, std::size_t b) -> bool {
    return compare(project(projection, std::as_const(range[a])),
                   project(projection, std::as_const(range[b])));
  };
  using less_type = decltype(less);
  const std::vector<std::size_t> order = detail::stable_order(
      range.size(), &less,
      [](const void* it, std::size_t a, std::size_t b) { return (*static_cast<less_type*>(it))(a, b); });
  std::vector<T> sorted;
  sorted.reserve(range.size());
  for (const std::size_t i : order) sorted.push_back(std::move(range[i]));
  range = std::move(sorted);
}
template <class Range, class Compare = std::less<>, class Projection = identity>
auto max_element(Range& range, Compare compare = {}, Projection projection = {}) {
  return std::max_element(std::begin(range), std::end(range), [&](const auto& a, const auto& b) -> bool {
    return compare(project(projection, a), project(projection, b));
  });
}

}  // namespace ranges

AISLE_NAMESPACE_END
