#pragma once

#include <charconv>
#include <cstdint>

#include <aisle/catalogue/detail/python_list.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Appends what the escape behind the backslash at `at` means, and moves to its last character. What repr()
/// does not write is the character itself.
AISLE_API void append_escape(std::string_view text, std::size_t& at, std::string& out) {
  const char kind = text[++at];
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  std::uint32_t code = 0;
  const char* begin = text.data() + at + 1;
  if (digits > 0 && text.size() - at > digits)
    if (const auto read = std::from_chars(begin, begin + digits, code, 16);
        read.ec == std::errc() && read.ptr == begin + digits && code <= 0x10FFFF &&
        !(code >= 0xD800 && code <= 0xDFFF)) {
      append_utf8(out, static_cast<char32_t>(code));
      at += digits;
      return;
    }
  out += kind == 'n' ? '\n' : kind == 'r' ? '\r' : kind == 't' ? '\t' : kind;
}

AISLE_API std::optional<std::vector<std::string>> read_python_list(std::string_view text) {
  std::vector<std::string> out;
  std::size_t at = 1;  // behind the bracket
  const auto skip_space = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  for (;;) {
    skip_space();
    if (at >= text.size()) return std::nullopt;
    if (text[at] == ']') break;
    const char quote = text[at++];
    if (quote != '\'' && quote != '"') return std::nullopt;
    std::string& part = out.emplace_back();
    for (; at < text.size() && text[at] != quote; ++at) {
      if (text[at] == '\\' && at + 1 < text.size())
        append_escape(text, at, part);
      else
        part += text[at];
    }
    ++at;
    skip_space();
    if (at < text.size() && text[at] == ',') ++at;
  }
  if (at + 1 != text.size()) return std::nullopt;
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
