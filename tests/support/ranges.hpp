#pragma once

// libc++ has the algorithms of std::ranges from version 15 on. For the tests, those that they use; put in
// front of each.

#include <version>
#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 15000
#include <algorithm>
#include <utility>

namespace std::ranges {

template <class A, class B>
constexpr bool equal(A&& a, B&& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}
template <class R, class Out>
constexpr void copy(R&& r, Out out) {
  std::copy(r.begin(), r.end(), out);
}
template <class R, class T>
constexpr void fill(R&& r, const T& value) {
  std::fill(r.begin(), r.end(), value);
}
template <class R>
constexpr void sort(R&& r) {
  std::sort(r.begin(), r.end());
}
template <class R>
constexpr void reverse(R&& r) {
  std::reverse(r.begin(), r.end());
}
template <class R, class T>
constexpr auto count(R&& r, const T& value) {
  return std::count(r.begin(), r.end(), value);
}
template <class R, class P>
constexpr auto count_if(R&& r, P p) {
  return std::count_if(r.begin(), r.end(), p);
}
template <class R, class P>
constexpr bool all_of(R&& r, P p) {
  return std::all_of(r.begin(), r.end(), p);
}
template <class R, class P>
constexpr bool any_of(R&& r, P p) {
  return std::any_of(r.begin(), r.end(), p);
}
template <class R, class T>
constexpr auto find(R&& r, const T& value) {
  return std::find(r.begin(), r.end(), value);
}

}  // namespace std::ranges
#endif
