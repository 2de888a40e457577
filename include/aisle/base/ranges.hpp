#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// The algorithms of std::ranges that this library uses and libc++ 14 has not, with projections and without
/// constraints: they take whatever std::begin and std::end take. Iterators are of lvalues alone.
namespace ranges {

template <class Range, class Predicate, class Projection = std::identity>
auto find_if(Range& range, Predicate predicate, Projection projection = {}) {
  return std::find_if(std::begin(range), std::end(range),
                      [&](auto&& v) -> bool { return std::invoke(predicate, std::invoke(projection, v)); });
}
template <class Range, class Value, class Projection = std::identity>
auto find(Range& range, const Value& value, Projection projection = {}) {
  return ranges::find_if(
      range, [&](const auto& v) { return v == value; }, projection);
}

template <class Range, class Predicate>
bool any_of(const Range& range, Predicate predicate) {
  return std::any_of(std::begin(range), std::end(range), predicate);
}
template <class Range, class Predicate>
bool all_of(const Range& range, Predicate predicate) {
  return std::all_of(std::begin(range), std::end(range), predicate);
}
template <class Range, class Predicate>
bool none_of(const Range& range, Predicate predicate) {
  return std::none_of(std::begin(range), std::end(range), predicate);
}
template <class Range, class Predicate>
auto count_if(const Range& range, Predicate predicate) {
  return std::count_if(std::begin(range), std::end(range), predicate);
}
template <class Range, class Value>
auto count(const Range& range, const Value& value) {
  return std::count(std::begin(range), std::end(range), value);
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
void transform(const Range& range, Output out, Function function) {
  std::transform(std::begin(range), std::end(range), out, function);
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
template <class T, class Compare = std::less<>, class Projection = std::identity>
void stable_sort(std::vector<T>& range, Compare compare = {}, Projection projection = {}) {
  const auto less = [&](std::size_t a, std::size_t b) -> bool {
    return std::invoke(compare, std::invoke(projection, std::as_const(range[a])),
                       std::invoke(projection, std::as_const(range[b])));
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
template <class Range, class Compare = std::less<>, class Projection = std::identity>
auto max_element(Range& range, Compare compare = {}, Projection projection = {}) {
  return std::max_element(std::begin(range), std::end(range), [&](const auto& a, const auto& b) -> bool {
    return std::invoke(compare, std::invoke(projection, a), std::invoke(projection, b));
  });
}

}  // namespace ranges

AISLE_NAMESPACE_END
