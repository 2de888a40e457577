#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

// Numbers in messages.

AISLE_NAMESPACE_BEGIN

/// "1 row", "2 rows": a count with its noun, for messages. `plural` where it is not the noun and an s.
inline std::string counted(std::int64_t n, std::string_view noun, std::string_view plural = {}) {
  std::string out = std::to_string(n) + ' ';
  if (n == 1) return out += noun;
  if (!plural.empty()) return out += plural;
  return (out += noun) += 's';
}

/// A number as the shortest text that reads back equal: "0.3".
inline std::string shortest(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

AISLE_NAMESPACE_END
