#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// Length in bytes of the valid UTF-8 sequence that starts at `text[at]`, or 0 when none does. Overlong
/// forms, surrogates and code points above U+10FFFF are not valid.
constexpr std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (at >= text.size()) return 0;
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return tail(1) ? 2 : 0;
  if (lead < 0xF0) {
    const bool second = tail(1) && (lead != 0xE0 || byte(1) >= 0xA0) && (lead != 0xED || byte(1) < 0xA0);
    return second && tail(2) ? 3 : 0;
  }
  if (lead > 0xF4) return 0;
  const bool second = tail(1) && (lead != 0xF0 || byte(1) >= 0x90) && (lead != 0xF4 || byte(1) < 0x90);
  return second && tail(2) && tail(3) ? 4 : 0;
}

/// Writes the UTF-8 of `code` (a surrogate becomes three bytes that are none) to `out`, at most 4 bytes;
/// returns how many.
constexpr std::size_t encode_utf8(char32_t code, char* out) noexcept {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xC0 | code >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xE0 | code >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | code >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

/// Appends them.
inline void append_utf8(std::string& out, char32_t code) {
  if (code < 0x80) return out.push_back(static_cast<char>(code));
  char bytes[4];
  out.append(bytes, encode_utf8(code, bytes));
}

/// Position of the first byte that belongs to no valid UTF-8 sequence, or npos.
constexpr std::size_t find_invalid_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const std::size_t n = utf8_sequence(text, i);
    if (n == 0) return i;
    i += n;
  }
  return std::string_view::npos;
}

/// Bytes to skip for one replacement character: the longest start of a valid sequence at `text[at]`, at least
/// 1 (Unicode 15, section 3.9, "maximal subparts"; the same as Python's errors="replace").
constexpr std::size_t utf8_broken_length(std::string_view text, std::size_t at) noexcept {
  // A start is good when some completion of it is: try the smallest and the largest one of each length.
  for (std::size_t n = 3; n >= 2; --n) {
    if (at + n > text.size()) continue;
    for (const char filler : {'\x80', '\xBF'}) {
      char probe[4] = {filler, filler, filler, filler};
      for (std::size_t i = 0; i < n; ++i) probe[i] = text[at + i];
      if (utf8_sequence({probe, 4}, 0) > n) return n;
    }
  }
  return 1;
}

/// At most `bytes` bytes of a text's beginning, cut between characters.
constexpr std::string_view utf8_prefix(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0u) == 0x80u) --bytes;
  return text.substr(0, bytes);
}

/// The same for a message, with an ellipsis where it was cut.
inline std::string with_ellipsis(std::string_view text, std::size_t bytes) {
  const std::string_view prefix = utf8_prefix(text, bytes);
  return std::string(prefix) + (prefix.size() < text.size() ? "…" : "");
}

/// The text with every invalid part replaced by U+FFFD.
inline std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  for (std::size_t i = 0;;) {
    const std::size_t bad = find_invalid_utf8(text.substr(i));
    out += text.substr(i, bad);
    if (bad == std::string_view::npos) return out;
    out += "\xEF\xBF\xBD";
    i += bad + utf8_broken_length(text, i + bad);
  }
}

AISLE_NAMESPACE_END
