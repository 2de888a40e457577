#pragma once

#include <charconv>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// The number in front of [first, last), as std::from_chars reads it: nearest value, no locale, no white
/// space, no plus sign; "inf" and "nan" are numbers. libc++ 14 has from_chars for integers only, so all of
/// the library reads floating point here.
std::from_chars_result parse_number(const char* first, const char* last, float& value);
std::from_chars_result parse_number(const char* first, const char* last, double& value);

namespace detail {
/// The same by the C library.
std::from_chars_result parse_by_strto(const char* first, const char* last, float& value);
std::from_chars_result parse_by_strto(const char* first, const char* last, double& value);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/number.ipp>
#endif
