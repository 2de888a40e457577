#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/text/unicode.hpp>

AISLE_NAMESPACE_BEGIN

/// One code point without its case, by Unicode's simple folding of the alphabets that shops write: Latin,
/// Greek, Cyrillic, Armenian, full-width Latin. Others come back as they are.
constexpr char32_t fold_case(char32_t c) noexcept {
  const auto in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (in('A', 'Z')) return c + 32;
  if (c < 0xC0) return c;
  if (in(0xC0, 0xDE)) return c == 0xD7 ? c : c + 32;
  // Pairs of which the capital is even, then those of which it is odd.
  if (in(0x100, 0x12F) || in(0x132, 0x137) || in(0x14A, 0x177) || in(0x1A0, 0x1A5) || in(0x1DE, 0x1EF) ||
      in(0x1F8, 0x21F) || in(0x222, 0x233) || in(0x246, 0x24F) || in(0x370, 0x373) || in(0x3D8, 0x3EF) ||
      in(0x460, 0x481) || in(0x48A, 0x4BF) || in(0x4D0, 0x52F) || in(0x1E00, 0x1E95) || in(0x1EA0, 0x1EFF))
    return c | 1;
  if (in(0x139, 0x148) || in(0x179, 0x17E) || in(0x1AF, 0x1B0) || in(0x1B3, 0x1B6) || in(0x1CD, 0x1DC) ||
      in(0x4C1, 0x4CE))
    return c + (c & 1);
  if (c == 0x178) return 0xFF;
  if (c == 0x386) return 0x3AC;
  if (in(0x388, 0x38A)) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (in(0x38E, 0x38F)) return c + 63;
  if (in(0x391, 0x3AB)) return c + 32;
  if (c == 0x3C2) return 0x3C3;  // a sigma that ends a word
  if (in(0x400, 0x40F)) return c + 80;
  if (in(0x410, 0x42F)) return c + 32;
  if (c == 0x4C0) return 0x4CF;
  if (in(0x531, 0x556)) return c + 48;
  if (in(0xFF21, 0xFF3A)) return c + 32;
  return c;
}

/// A text without its case; sharp s becomes "ss". Invalid UTF-8 becomes U+FFFD.
inline std::string fold_case(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const decoded_character c = decode_utf8(text, at);
    at += c.size;
    if (c.code == 0xDF || c.code == 0x1E9E)
      out += "ss";
    else
      append_utf8(out, fold_case(c.code));
  }
  return out;
}

AISLE_NAMESPACE_END
