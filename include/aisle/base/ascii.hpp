#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

// Letters of ASCII, whatever the locale.

AISLE_NAMESPACE_BEGIN
namespace ascii {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
/// Whether the text begins with `start`, which is in small letters.
constexpr bool starts_without_case(std::string_view text, std::string_view start) noexcept {
  if (text.size() < start.size()) return false;
  for (std::size_t i = 0; i < start.size(); ++i)
    if (lower(text[i]) != start[i]) return false;
  return true;
}

}  // namespace ascii
AISLE_NAMESPACE_END
