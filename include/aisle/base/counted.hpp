#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

// Numbers in messages.

AISLE_NAMESPACE_BEGIN

namespace detail {
inline std::string with_noun(std::string number, bool one, std::string_view noun, std::string_view plural) {
  number += ' ';
  if (one) return number += noun;
  if (!plural.empty()) return number += plural;
  return (number += noun) += 's';
}
}  // namespace detail

/// "1 row", "2 rows": a count with its noun, for messages. `plural` where it is not the noun and an s.
template <std::integral Count>
std::string counted(Count n, std::string_view noun, std::string_view plural = {}) {
  return detail::with_noun(std::to_string(n), n == 1, noun, plural);
}

/// A number as the shortest text that reads back equal: "0.3".
inline std::string shortest(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

AISLE_NAMESPACE_END
