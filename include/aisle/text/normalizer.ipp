#pragma once

#include <aisle/text/normalizer.hpp>
#include <aisle/text/unicode.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::string normalize_text(std::string_view text, const normalizer_options& options) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const decoded_character c = decode_utf8(text, at);
    at += c.size;
    const normalized_character n = normalize_character(c.code, options.lower_case);
    if (n.role == character_role::cjk) out += ' ';
    for (std::uint8_t i = 0; i < n.size; ++i) append_utf8(out, n.codes[i]);
    if (n.role == character_role::cjk) out += ' ';
  }
  return out;
}

AISLE_NAMESPACE_END
