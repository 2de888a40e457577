#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

// Letters and blanks of ASCII, whatever the locale.

AISLE_NAMESPACE_BEGIN
namespace ascii {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_letter_or_digit(char c) noexcept { return is_letter(c) || is_digit(c); }
constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
constexpr bool starts_without_case(std::string_view text, std::string_view start) noexcept {
  if (text.size() < start.size()) return false;
  for (std::size_t i = 0; i < start.size(); ++i)
    if (lower(text[i]) != lower(start[i])) return false;
  return true;
}
constexpr bool same_without_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && starts_without_case(a, b);
}
constexpr bool holds_without_case(std::string_view text, std::string_view part) noexcept {
  for (; text.size() >= part.size(); text.remove_prefix(1)) {
    if (starts_without_case(text, part)) return true;
    if (text.empty()) break;
  }
  return false;
}

inline constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view behind_blanks(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}
constexpr std::string_view without_blanks(std::string_view text) noexcept {
  text = behind_blanks(text);
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

}  // namespace ascii
AISLE_NAMESPACE_END
