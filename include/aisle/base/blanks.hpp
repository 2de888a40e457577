#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

// What is not seen of a text in UTF-8.

AISLE_NAMESPACE_BEGIN

/// Without white space at either end, that of Unicode included (what Python's str.strip() takes away).
std::string_view trimmed(std::string_view text) noexcept;
/// The same without characters of no width, which get into names by copying (a zero-width space, a byte order
/// mark, a soft hyphen).
std::string_view trimmed_name(std::string_view text) noexcept;
/// Without either anywhere.
std::string without_blanks(std::string_view text);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/blanks.ipp>
#endif
