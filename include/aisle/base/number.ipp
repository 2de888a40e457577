#pragma once

#include <locale.h>
#include <stdlib.h>

#include <cerrno>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

#include <aisle/base/number.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Where the text of a number ends; `first` if there is none.
inline const char* end_of_number(const char* first, const char* last) noexcept {
  const char* p = first;
  const auto digits = [&] {
    const char* const from = p;
    while (p != last && *p >= '0' && *p <= '9') ++p;
    return p - from;
  };
  const auto word = [&](std::string_view lower) {
    if (static_cast<std::size_t>(last - p) < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i)
      if ((p[i] | 0x20) != lower[i]) return false;
    p += lower.size();
    return true;
  };
  if (p != last && *p == '-') ++p;
  if (word("infinity") || word("inf") || word("nan")) return p;
  auto count = digits();
  if (p != last && *p == '.') {
    ++p;
    count += digits();
  }
  if (count == 0) return first;
  if (p != last && (*p | 0x20) == 'e') {
    const char* const mantissa = p++;
    if (p != last && (*p == '-' || *p == '+')) ++p;
    if (digits() == 0) p = mantissa;
  }
  return p;
}

template <class T>
std::from_chars_result parse_by_strto_as(const char* first, const char* last, T& value) {
  const char* const end = end_of_number(first, last);
  if (end == first) return {first, std::errc::invalid_argument};
  static const ::locale_t c_locale =
      ::newlocale(LC_ALL_MASK, "C", nullptr);  // a decimal point, whatever setlocale says
  const std::string text(first, end);
  const int before = errno;
  errno = 0;
  T found;
  if constexpr (std::is_same_v<T, float>)
    found = ::strtof_l(text.c_str(), nullptr, c_locale);
  else
    found = ::strtod_l(text.c_str(), nullptr, c_locale);
  // A denormal is a value; what overflowed or became 0 is none.
  const bool lost = errno == ERANGE && (found == 0 || std::isinf(found));
  errno = before;
  if (lost) return {end, std::errc::result_out_of_range};
  value = found;
  return {end, std::errc{}};
}

AISLE_API std::from_chars_result parse_by_strto(const char* first, const char* last, float& value) {
  return parse_by_strto_as(first, last, value);
}
AISLE_API std::from_chars_result parse_by_strto(const char* first, const char* last, double& value) {
  return parse_by_strto_as(first, last, value);
}

}  // namespace detail

#if defined(__cpp_lib_to_chars)
AISLE_API std::from_chars_result parse_number(const char* first, const char* last, float& value) {
  return std::from_chars(first, last, value);
}
AISLE_API std::from_chars_result parse_number(const char* first, const char* last, double& value) {
  return std::from_chars(first, last, value);
}
#else
AISLE_API std::from_chars_result parse_number(const char* first, const char* last, float& value) {
  return detail::parse_by_strto(first, last, value);
}
AISLE_API std::from_chars_result parse_number(const char* first, const char* last, double& value) {
  return detail::parse_by_strto(first, last, value);
}
#endif

AISLE_NAMESPACE_END
